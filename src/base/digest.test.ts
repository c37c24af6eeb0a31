import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { collect } from "./bytes.ts";
import { type Digest, digestAlgorithm, digestHex, digestOf, verified } from "./digest.ts";

// The digests of the empty string, from FIPS 180-4's examples.
const empty256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const empty512 =
  "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";

test("digestOf: known answers", () => {
  expect(digestOf("")).toBe(empty256);
  expect(digestOf(new Uint8Array(), "sha512")).toBe(empty512);
});

test("digestAlgorithm, digestHex: take a digest apart", () => {
  expect([digestAlgorithm(empty256 as Digest), digestAlgorithm(empty512 as Digest)]).toEqual(["sha256", "sha512"]);
  expect(`sha512:${digestHex(empty512 as Digest)}`).toBe(empty512);
});

const content = Buffer.from("0123456789");
async function* pieces(bytes: Uint8Array, cuts: readonly number[]) {
  let start = 0;
  for (const cut of [...cuts, bytes.byteLength]) {
    yield bytes.subarray(start, cut);
    start = cut;
  }
}

test("verified: passes right content on, however it is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.nat(200), { maxLength: 5 }),
      fc.constantFrom("sha256", "sha512"),
      async (bytes, cuts, algorithm) => {
        const inside = cuts.map((cut) => Math.min(cut, bytes.byteLength)).sort((a, b) => a - b);
        const expected = { size: bytes.byteLength, digest: digestOf(bytes, algorithm) };
        const read = await collect(verified(pieces(bytes, inside), expected), 1_000);
        expect(Buffer.compare(read, bytes)).toBe(0);
      },
    ),
  );
});

for (const [what, size, digest, code] of [
  ["a shorter stream", 11, digestOf(content), "SIZE_MISMATCH"],
  ["a longer stream", 9, digestOf(content), "TRAILING_DATA"],
  ["a longer stream whose first bytes would match", 9, digestOf(content.subarray(0, 9)), "TRAILING_DATA"],
  ["other bytes", 10, digestOf("x"), "DIGEST_MISMATCH"],
  ["a digest of the other algorithm", 10, digestOf("x", "sha512"), "DIGEST_MISMATCH"],
] as const) {
  test(`verified: ends with ${code} for ${what}`, async () => {
    await expect(collect(verified(pieces(content, [3]), { size, digest }), 100)).rejects.toMatchObject({ code });
  });
}

test("verified: says what was received and what was expected", async () => {
  const actual = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  const expected = { size: 10, digest: digestOf("x") };
  await expect(collect(verified(pieces(content, []), expected), 100)).rejects.toThrow(
    `content has digest ${actual}, expected ${expected.digest}`,
  );
});
