import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChallenges } from "./challenge.ts";

function check(lines: string | string[], expected: readonly (readonly [string, Record<string, string>])[]): void {
  const parsed = parseChallenges([lines].flat()).map(({ scheme, parameters }) => [scheme, { ...parameters }]);
  expect(parsed, String(lines)).toEqual(expected);
}

describe("parseChallenges", () => {
  it("reads schemes and names in any case, values quoted or not", () => {
    check('Bearer realm="https://a/token",service="r",scope="repository:x:pull,push"', [
      ["bearer", { realm: "https://a/token", service: "r", scope: "repository:x:pull,push" }],
    ]);
    check("BASIC REALM=x", [["basic", { realm: "x" }]]);
    check('Basic realm = "a b"', [["basic", { realm: "a b" }]]);
  });

  it("keeps commas, escapes and equal signs inside quotes", () => {
    check('Basic realm="test, \\"registry\\" a=b, Bearer x"', [["basic", { realm: 'test, "registry" a=b, Bearer x' }]]);
  });

  it("reads several, in one line and in many", () => {
    const both = [
      ["bearer", { realm: "a", service: "s" }],
      ["basic", { realm: "b" }],
    ] as const;
    check('Bearer realm="a", service="s", Basic realm="b"', both);
    check(['Bearer realm="a",service="s"', 'Basic realm="b"'], both);
    check("Negotiate, Basic realm=b", [
      ["negotiate", {}],
      ["basic", { realm: "b" }],
    ]);
    check("Negotiate YIIab/+=, Basic realm=b", [
      ["negotiate", {}],
      ["basic", { realm: "b" }],
    ]);
  });

  it("takes the first of two equal parameters, and copes with hostile names", () => {
    check("Bearer realm=a,realm=b,__proto__=c", [["bearer", { realm: "a", ["__proto__"]: "c" }]]);
  });

  it("ends with what cannot be read", () => {
    check("", []);
    check('Bearer realm="unterminated', [["bearer", {}]]);
    check('"quoted" Basic', []);
  });

  it("always ends, whatever it is given", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary-ascii", maxLength: 80 })), (lines) => {
        expect(parseChallenges(lines).length).toBeLessThanOrEqual(16);
      }),
    );
  });
});
