import fc from "fast-check";
import { expect, test } from "vitest";
import { parseStrictJson, sortedRecord } from "./json.ts";
import { jsonDepthLimit } from "./limits.ts";

const parse = (text: string) => parseStrictJson(Buffer.from(text));
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

test("parseStrictJson: reads every document as JSON.parse does", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parse(text)).toEqual(JSON.parse(text));
    }),
  );
});

for (const [what, text] of [
  ["the same key in two objects", `{"a":{"x":1},"b":{"x":2}}`],
  ["a key that is also a value", `{"a":"a","b":["a","a"]}`],
  ["quotes, braces and commas in strings", `{"a":"{\\"a\\":1,","b":"\\\\"}`],
  ["keys that differ by case", `{"a":1,"A":2}`],
  ["a key in an array of objects", `[{"a":1},{"a":2}]`],
  ["the deepest nesting allowed", nested(jsonDepthLimit)],
] as const) {
  test(`parseStrictJson: accepts ${what}`, () => expect(parse(text)).toEqual(JSON.parse(text)));
}

for (const [what, text, message] of [
  ["a key twice", `{"a":1,"a":2}`, /duplicate key "a"/],
  ["a key twice, deep down", `[{"b":{"a":1,"c":[{}],"a":2}}]`, /duplicate key "a"/],
  ["a key twice, once escaped", `{"a":1,"\\u0061":2}`, /duplicate key "a"/],
  ["an empty key twice", `{"":1,"":2}`, /duplicate key ""/],
  ["__proto__ twice", `{"__proto__":1,"__proto__":2}`, /duplicate key "__proto__"/],
  ["nesting above the limit", nested(jsonDepthLimit + 1), /nested deeper than 64/],
  ["something after the document", "{} {}", /./],
  ["a comment", "{} // x", /./],
  ["nothing", "", /./],
  ["a byte order mark", "\ufeff{}", /./],
] as const) {
  test(`parseStrictJson: refuses ${what}`, () => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(SyntaxError);
  });
}

test("parseStrictJson: refuses malformed UTF-8 instead of replacing it", () => {
  expect(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow("not valid UTF-8");
});

test("parseStrictJson: a key written twice anywhere is refused, whatever surrounds it", () => {
  const value = fc.json();
  fc.assert(
    fc.property(fc.string(), value, value, value, (key, first, second, between) => {
      const quoted = JSON.stringify(key);
      fc.pre(key !== "between");
      const document = `[{"wrapped":{${quoted}:${first},"between":${between},${quoted}:${second}}}]`;
      expect(() => parse(document)).toThrow(/duplicate key|nested deeper/);
    }),
  );
});

test("sortedRecord: equal maps have equal text, and __proto__ is a key like any other", () => {
  const record = JSON.parse(`{"b":"1","a":"2","__proto__":"3","Z":"4"}`) as Record<string, string>;
  expect(JSON.stringify(sortedRecord(record))).toBe(`{"Z":"4","__proto__":"3","a":"2","b":"1"}`);
});
