import { describe, expect, it } from "vitest";
import { digestOf } from "../base/digest.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { isAbout, makeStatement, parseStatement, type Statement, writeStatement } from "./statement.ts";

const subject: Descriptor = { mediaType: "application/x", digest: digestOf("x"), size: 1 };
const hex = subject.digest.slice("sha256:".length);
const valid = makeStatement({ subject, predicateType: "https://mreg.dev/eval/v1", predicate: { a: 1 } });

describe("makeStatement", () => {
  it("splits the digest into algorithm and hex", () => {
    expect(valid).toEqual({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ digest: { sha256: hex } }],
      predicateType: "https://mreg.dev/eval/v1",
      predicate: { a: 1 },
    });
    const long = { ...subject, digest: digestOf("x", "sha512") };
    const named = makeStatement({ subject: long, name: "ml/risk", predicateType: "https://x.test/v1", predicate: {} });
    expect(named.subject).toEqual([{ name: "ml/risk", digest: { sha512: long.digest.slice("sha512:".length) } }]);
  });
});

describe("isAbout", () => {
  const about = (...subjects: Record<string, string>[]) =>
    isAbout({ ...valid, subject: subjects.map((digest) => ({ digest })) }, subject.digest);

  it("takes any subject whose digest of the same algorithm is equal", () => {
    expect(about({ sha256: hex })).toBe(true);
    expect(about({ sha256: "00" }, { sha1: "11", sha256: hex })).toBe(true);
    expect(about({ sha256: "00" })).toBe(false);
    expect(about({ sha512: hex })).toBe(false);
    expect(about({ sha256: hex.slice(0, 62) })).toBe(false);
  });
});

describe("parseStatement", () => {
  const parse = (edit: object) => parseStatement(Buffer.from(JSON.stringify({ ...valid, ...edit })));

  it("accepts what cosign attest writes, version 0.1", () => {
    expect(parse({ _type: "https://in-toto.io/Statement/v0.1" }).predicate).toEqual({ a: 1 });
  });

  const digests = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`algorithm${index}`, "00"]));
  it.each<[string, object]>([
    ["another type", { _type: "https://in-toto.io/Statement/v2" }],
    ["an unknown key", { predicates: {} }],
    ["no subject", { subject: [] }],
    ["1,025 subjects", { subject: Array.from({ length: 1025 }, () => ({ digest: { sha256: "00" } })) }],
    ["33 digests of one subject", { subject: [{ digest: digests(33) }] }],
    ["an unknown key in a subject", { subject: [{ digest: { sha256: hex }, size: 1 }] }],
    ["a digest in capitals", { subject: [{ digest: { sha256: hex.toUpperCase() } }] }],
    ["a digest with its algorithm in it", { subject: [{ digest: { sha256: subject.digest } }] }],
    ["a predicate type that is no URI", { predicateType: "eval" }],
    ["a predicate that is a list", { predicate: [] }],
    ["a predicate that is null", { predicate: null }],
  ])("refuses %s", (_, edit) => {
    expect(() => parse(edit)).toThrow(expect.objectContaining({ code: "SIGNATURE_INVALID" }));
  });

  it("accepts 1,024 subjects and 32 digests", () => {
    expect(parse({ subject: Array.from({ length: 1024 }, () => ({ digest: digests(32) })) }).subject).toHaveLength(
      1024,
    );
  });

  it.each([
    ["duplicate keys deep in the predicate", '{"b":{"c":1,"c":2}}'],
    ["a __proto__ key in the predicate, which zod would drop", '{"__proto__":{"ok":true}}'],
    ["a __proto__ key in a list in the predicate", '{"b":[{"__proto__":1}]}'],
  ])("refuses %s", (_, predicate) => {
    const text = JSON.stringify(valid).replace('{"a":1}', predicate);
    expect(() => parseStatement(Buffer.from(text))).toThrow(expect.objectContaining({ code: "SIGNATURE_INVALID" }));
  });
});

describe("writeStatement", () => {
  const write = (predicate: Record<string, unknown>) => writeStatement({ ...valid, predicate });

  it("writes what parses back to the same, leaving out what is undefined", () => {
    const predicate = { text: "naïve 模型 🙂", list: [1, null, true], at: "2026-01-01" };
    expect(parseStatement(write({ ...predicate, absent: undefined })).predicate).toEqual(predicate);
  });

  it.each<[string, unknown]>([
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["a bigint", 1n],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["half a character", "\ud83d"],
    ["half a character in a key", { "\ud83d": 1 }],
    [
      "a cycle",
      (() => {
        const loop: Record<string, unknown> = {};
        loop["self"] = loop;
        return loop;
      })(),
    ],
    ["deeper nesting than readers accept", JSON.parse(`${"[".repeat(80)}${"]".repeat(80)}`)],
  ])("refuses %s, at any depth", (_, value) => {
    expect(() => write({ outer: [{ value }] })).toThrow(
      expect.objectContaining({ name: "SigningError", code: "STATEMENT_INVALID" }),
    );
  });

  it("refuses what no verifier would take for a statement", () => {
    const broken = { ...valid, subject: [] } satisfies Statement;
    expect(() => writeStatement(broken)).toThrow(expect.objectContaining({ code: "STATEMENT_INVALID" }));
  });
});
