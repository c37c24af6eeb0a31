import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusedWith } from "../../../test/support/evidence.ts";
import { jsonValueLimit } from "../limits.ts";
import { readExactJson } from "./json-file.ts";

const read = (text: string) =>
  readExactJson({ path: "a.json", mediaType: "application/json", bytes: Buffer.from(text) });

describe("exact JSON", () => {
  it("keeps each number as it is written, and all else as it is", () => {
    const text = String.raw`{"a":[0.10,-1e-05,1E+3],"b":"12 \"3\" \\","4":{"c":true,"d":null,"é":-0}}`;
    expect(read(text)).toEqual({
      a: ["0.10", "-1e-05", "1E+3"],
      b: '12 "3" \\',
      "4": { c: true, d: null, é: "-0" },
    });
    expect(read(" 7 ")).toBe("7");
  });

  it("is the value with its numbers as text", () => {
    const texts = (value: unknown): unknown => {
      if (typeof value === "number") return JSON.stringify(value);
      if (Array.isArray(value)) return value.map(texts);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, texts(field)]));
    };
    const object = fc.dictionary(
      fc.string().filter((key) => key !== "__proto__"),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const json = (value: unknown) => JSON.stringify(value);
    const property = fc.property(object, (value) => {
      expect(read(json(value))).toEqual(texts(JSON.parse(json(value))));
    });
    fc.assert(property);
  });

  it.each([
    ["a number that JSON has not", "[01]", /not valid JSON/],
    ["more values than memory bears", `[${"0,".repeat(jsonValueLimit)}0]`, /has more than 1000000 values/],
    ["nesting", "[".repeat(65) + "]".repeat(65), /nested deeper than 64/],
    ["infinities", '{"a": -Infinity}', /holds -Infinity/],
    ["an open string", '{"a', /not valid JSON/],
  ])("refuses %s", (_, text, message) => {
    refusedWith(() => read(text), "EVIDENCE_INVALID", message);
  });
});
