import { expect, test } from "vitest";
import { collect, decodeUtf8 } from "./bytes.ts";

async function* chunks(...sizes: number[]) {
  for (const size of sizes) yield new Uint8Array(size).fill(size);
}

for (const sizes of [[], [0], [5], [2, 3], [1, 0, 4]]) {
  test(`collect: joins chunks of ${JSON.stringify(sizes)} bytes`, async () => {
    const expected = sizes.flatMap((size) => Array<number>(size).fill(size));
    expect([...(await collect(chunks(...sizes), 5))]).toEqual(expected);
  });
}

test("collect: refuses the first byte above the limit and closes the stream", async () => {
  let closed = false;
  async function* endless() {
    try {
      for (;;) yield new Uint8Array(3);
    } finally {
      closed = true;
    }
  }
  await expect(collect(endless(), 5)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  expect(closed).toBe(true);
});

test("decodeUtf8: keeps a byte order mark and refuses malformed sequences", () => {
  expect(decodeUtf8(Buffer.from("\ufeffä"))).toBe("\ufeffä");
  for (const bad of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    expect(() => decodeUtf8(Uint8Array.from(bad))).toThrow(TypeError);
  }
});
