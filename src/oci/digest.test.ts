import { expect, test } from "vitest";
import { digestOf } from "../base/digest.ts";
import { isDigest, parseDigest } from "./digest.ts";
import { isReferrersTag, referrersTag } from "./referrers-tag.ts";

const good = [digestOf("x"), digestOf("x", "sha512")];
const hex = "a".repeat(64);

test("parseDigest: accepts sha256 and sha512", () => {
  for (const text of good) expect(parseDigest(text)).toBe(text);
});

for (const bad of [
  "",
  hex,
  "sha256:",
  `sha256:${hex}a`,
  `sha256:${hex.slice(1)}`,
  `sha256:${hex.toUpperCase()}`,
  `sha512:${hex}`,
  `sha1:${"a".repeat(40)}`,
  `blake3:${hex}`,
  `sha256:${hex}\n`,
  ` sha256:${hex}`,
  `sha256:../${hex.slice(3)}`,
]) {
  test(`parseDigest: refuses ${JSON.stringify(bad.slice(0, 30))} of ${bad.length} characters`, () => {
    expect(isDigest(bad)).toBe(false);
    expect(() => parseDigest(bad)).toThrow(expect.objectContaining({ code: "INVALID_DIGEST" }));
  });
}

test("referrersTag: fits into a tag for either algorithm, and is known again", () => {
  expect(referrersTag(digestOf("x"))).toBe(digestOf("x").replace(":", "-"));
  expect(referrersTag(digestOf("x", "sha512"))).toBe(digestOf("x", "sha512").replace(":", "-").slice(0, 71));
  for (const digest of good) expect(isReferrersTag(referrersTag(digest))).toBe(true);
});

test("isReferrersTag: leaves alone what only looks like one", () => {
  for (const tag of ["v1", "sha256-abc", `sha256-${hex}.sig`, `sha256-${hex}a`, `xsha256-${hex}`, `sha384-${hex}`]) {
    expect(isReferrersTag(tag), tag).toBe(false);
  }
});
