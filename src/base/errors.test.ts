import { expect, test } from "vitest";
import { ContentError, hasCode, isMregError } from "./errors.ts";

const error = new ContentError("SIZE_MISMATCH", "3 bytes, expected 4", { cause: "the cause" });

test("ContentError: keeps code, message, cause and its name", () => {
  expect(error).toMatchObject({ code: "SIZE_MISMATCH", message: "3 bytes, expected 4", cause: "the cause" });
  expect(error.name).toBe("ContentError");
  expect(error).toBeInstanceOf(Error);
});

for (const [what, value, expected] of [
  ["an own error", error, true],
  ["an error of another copy of the package", Object.assign(new Error("x"), { isMregError: true, code: "X" }), true],
  ["any other error", new Error("x"), false],
  ["an object that only looks like one", { isMregError: true, code: "SIZE_MISMATCH" }, false],
  ["nothing", undefined, false],
] as const) {
  test(`isMregError: ${what} is ${expected ? "one" : "none"}`, () => expect(isMregError(value)).toBe(expected));
}

test("hasCode: matches any of the codes and no other", () => {
  expect(hasCode(error, "DIGEST_MISMATCH", "SIZE_MISMATCH")).toBe(true);
  expect(hasCode(error, "DIGEST_MISMATCH")).toBe(false);
  expect(hasCode(error)).toBe(false);
  expect(hasCode({ code: "SIZE_MISMATCH" }, "SIZE_MISMATCH")).toBe(false);
});
