import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../base/digest.ts";
import { CopyError, StoreError } from "../oci/errors.ts";
import { advice } from "./diagnostics.ts";
import { exitCodeFor, exitCodeOf } from "./exit-code.ts";

/** Every code that an error class declares: the members of the `…Code` unions and of literal `code` fields. */
function declaredCodes(): ReadonlySet<string> {
  const source = join(import.meta.dirname, "..");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((path) =>
    /error[s]?\.ts$/.test(path),
  );
  const codes = new Set<string>();
  for (const file of files) {
    const text = readFileSync(join(source, file), "utf8");
    const declarations = text.match(/type \w*Code =[^;]+;|readonly code = "[A-Z_]+"/g) ?? [];
    for (const [, code] of declarations.join("\n").matchAll(/"([A-Z_]+)"/g)) codes.add(code as string);
  }
  return codes;
}

function copyFailure(cause: unknown): CopyError {
  const descriptor = { mediaType: "application/octet-stream", digest: digestOf("x"), size: 1 };
  return new CopyError({ operation: "push", side: "destination", descriptor, cause });
}

describe("exit codes and advice", () => {
  const codes = declaredCodes();

  it("are looked up for a list of codes that is not empty", () => {
    expect([...codes]).toEqual(expect.arrayContaining(["NOT_FOUND", "USAGE", "DIGEST_MISMATCH", "NO_SIGNATURE"]));
  });

  it("every code of every floor has an exit code", () => {
    expect([...codes].filter((code) => exitCodeOf[code] === undefined)).toEqual([]);
  });

  it("every code of every floor has advice", () => {
    expect([...codes].filter((code) => !advice[code])).toEqual([]);
  });

  it("no exit code or advice is left over from a code that is gone", () => {
    expect(
      [...new Set([...Object.keys(exitCodeOf), ...Object.keys(advice)])].filter((code) => !codes.has(code)),
    ).toEqual([]);
  });

  it.each([
    [new StoreError("NOT_FOUND", "x"), 5],
    [new StoreError("CONFLICT", "x"), 7],
    [copyFailure(new StoreError("NOT_FOUND", "x")), 5],
    [copyFailure(new StoreError("CONFLICT", "x")), 7],
    [copyFailure(new TypeError("a bug")), 1],
    [new DOMException("interrupted", "AbortError"), 130],
    [new TypeError("a bug"), 1],
    ["not even an error", 1],
  ])("%s ends the program with %i", (error, exit) => {
    expect(exitCodeFor(error)).toBe(exit);
  });
});
