import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../../test/support/expect.ts";
import { PickleMemo } from "./memo.ts";

const notKept = { kind: "opaque", what: "value that was not kept" };

describe("PickleMemo", () => {
  it.each([0, 1, 7])("counts numbers from %i on without gaps, and those out of turn, exactly", (first) => {
    const memo = new PickleMemo();
    for (const [at, value] of ["a", "b", "c"].entries()) memo.put(first + at, value, true);
    memo.put(first + 1, "B", true);
    memo.put(90, "far", true);
    memo.put(90, "farther", true);
    expect(memo.size).toBe(4);
    expect([first, first + 1, first + 2, first + 3, 90].map((index) => memo.get(index))).toEqual([
      "a",
      "B",
      "c",
      undefined,
      "farther",
    ]);
  });

  it("counts a number that was out of turn once when its turn comes", () => {
    const memo = new PickleMemo();
    memo.put(0, "a", true);
    memo.put(2, "c", true);
    memo.put(1, "b", true);
    memo.put(2, "C", true);
    memo.put(3, "d", true);
    expect([memo.size, memo.get(2), memo.get(3)]).toEqual([4, "C", "d"]);
  });

  it("without room, keeps what was remembered last, globals, and names that were imported", () => {
    const memo = new PickleMemo();
    memo.put(0, "kept", true);
    memo.put(1, "module", false);
    memo.put(2, "name", false);
    memo.pin(["module", "name"]);
    memo.put(3, { kind: "global", module: "module", name: "name" }, false);
    for (let index = 4; index < 100; index++) memo.put(index, `word ${index}`, index % 2 === 0);
    expect([0, 1, 2].map((index) => memo.get(index))).toEqual(["kept", "module", "name"]);
    expect(memo.get(3)).toMatchObject({ kind: "global" });
    expect(memo.get(50)).toEqual(notKept);
    expect([memo.get(99), memo.size]).toEqual(["word 99", 100]);
  });

  it("forgets what a number stood for when it is taken again", () => {
    const memo = new PickleMemo();
    memo.put(0, "full", false);
    memo.put(1, "collections", false);
    memo.pin(["collections"]);
    memo.put(1, "os", false);
    expect(memo.get(1)).toBe("os");
    for (let index = 2; index < 20; index++) memo.put(index, index, false);
    expect(memo.get(1)).toEqual(notKept);
  });

  it("refuses to remember without end what is out of turn", async () => {
    const memo = new PickleMemo();
    memo.put(0, 0, true);
    await rejectsWith(
      (async () => {
        for (let index = 2; ; index += 2) memo.put(index, null, false);
      })(),
      "UNSAFE_FORMAT",
    );
  });
});
