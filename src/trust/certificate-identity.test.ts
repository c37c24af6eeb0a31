import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptsIdentity, describeCertificateIdentity, identityRule, matchesPattern } from "./certificate-identity.ts";

const issuer = "https://issuer.example.com";

describe("identityRule", () => {
  it.each<[string, Parameters<typeof identityRule>[0]]>([
    ["no issuer", { issuer: "", subject: "ann@example.com" }],
    ["no identity", { issuer, subject: "" }],
    ["an empty pattern", { issuer, subject: { pattern: "" } }],
    ["a pattern for everybody", { issuer, subject: { pattern: "***" } }],
    ["an identity that is longer than any", { issuer, subject: "a".repeat(2049) }],
  ])("IDENTITY_INVALID: %s", (_, rule) => {
    expect(() => identityRule(rule)).toThrow(expect.objectContaining({ code: "IDENTITY_INVALID" }));
  });
});

describe("acceptsIdentity", () => {
  it("is exact about the issuer, whatever the pattern", () => {
    const ann = describeCertificateIdentity(issuer, "ann@example.com");
    expect(acceptsIdentity({ issuer, subject: { pattern: "*@example.com" } }, ann)).toBe(true);
    expect(acceptsIdentity({ issuer: `${issuer}/`, subject: { pattern: "*@example.com" } }, ann)).toBe(false);
    expect(acceptsIdentity({ issuer, subject: "*@example.com" }, ann)).toBe(false);
  });

  it("issuer and subject together have a fingerprint that no other pair has", () => {
    const fingerprint = (one: string, other: string) => describeCertificateIdentity(one, other).fingerprint;
    expect(fingerprint("a", "b")).toBe(fingerprint("a", "b"));
    expect(fingerprint("a", "b")).not.toBe(fingerprint("b", "a"));
    expect(fingerprint("a,", "b")).not.toBe(fingerprint("a", ",b"));
    expect(fingerprint('a","', "b")).not.toBe(fingerprint("a", '","b'));
  });
});

describe("matchesPattern", () => {
  it.each([
    ["abc", "abc", true],
    ["abc", "abcd", false],
    ["abc", "xabc", false],
    ["a*c", "abbbc", true],
    ["a*c", "ac", true],
    ["a*c", "ab/c", false],
    ["a**c", "ab/c", true],
    ["*", "", true],
    ["**/x", "a/b/x", true],
    ["*/x", "a/b/x", false],
    ["a.c", "abc", false],
    ["(a+)+$", "(a+)+$", true],
    ["\u{1F642}*", "\u{1F642}x", true],
  ])("%s and %s: %s", (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected);
  });

  it("agrees with a regular expression that says the same", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 12 });
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 12 });
    fc.assert(
      fc.property(letters, text, (pattern, candidate) => {
        const source = pattern.replace(/\*{1,2}/g, (stars) => (stars === "*" ? "[^/]*" : ".*"));
        expect(matchesPattern(pattern, candidate)).toBe(new RegExp(`^(?:${source})$`, "s").test(candidate));
      }),
    );
  });

  it("takes no longer than the product of the lengths, for what makes patterns backtrack", () => {
    const before = process.cpuUsage();
    expect(matchesPattern("a*".repeat(1000), `${"a".repeat(2040)}/`)).toBe(false);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(500);
  });

  it("looks at no text longer than an identity can be", () => {
    expect(matchesPattern("**", "a".repeat(2049))).toBe(false);
  });
});
