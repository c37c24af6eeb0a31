import { describe, expect, it } from "vitest";
import { Pace } from "./pace.ts";

describe("Pace", () => {
  it("lets a body take its time until a window is over", () => {
    const pace = new Pace(1_000);
    expect(pace.problem(500, 1)).toBeUndefined();
    expect(pace.problem(499, 1)).toBeUndefined();
    expect(pace.problem(1, 1)).toBe("only 3 bytes came in 1000 ms, expected at least 1024");
  });

  it("judges each window by itself, so that a fast start buys no slow rest", () => {
    const pace = new Pace(1_000);
    expect(pace.problem(1_000, 1_000_000)).toBeUndefined();
    expect(pace.problem(1_000, 1_023)).toMatch(/^only 1023 bytes/);
    expect(pace.problem(2_000, 2_048)).toBeUndefined();
  });
});
