import { join } from "node:path";
import fc from "fast-check";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { bytesOf, rejectsWith } from "../../../test/support/expect.ts";
import { scratchDirectory, writeTree } from "../../../test/support/scratch.ts";
import type { ByteStream } from "../../base/bytes.ts";
import { digestOf } from "../../base/digest.ts";
import { writeTarHeader } from "./tar-header.ts";
import { type TarMember, tarStream } from "./tar-layer.ts";

const mtime = "2026-01-31T12:00:00Z";

/** What tar-stream makes of the same. */
function reference(files: readonly { readonly path: string; readonly bytes: Uint8Array }[]): Promise<Buffer> {
  const archive = pack();
  for (const { path, bytes } of files) {
    const header = { name: path, size: bytes.byteLength, mode: 0o644, uid: 0, gid: 0, mtime: new Date(mtime) };
    archive.entry(header, Buffer.from(bytes));
  }
  archive.finalize();
  return bytesOf(archive as unknown as ByteStream);
}

test("tarHeader: the bytes of tar-stream, for every name and length", async () => {
  const part = fc.oneof(fc.string({ minLength: 1, maxLength: 120 }), fc.stringMatching(/^[a-z]{1,120}$/));
  const path = fc
    .array(part, { minLength: 1, maxLength: 5 })
    .map((parts) => parts.map((each) => each.replaceAll("\0", "0")).join("/"));
  const seconds = Date.parse(mtime) / 1000;
  await fc.assert(
    fc.asyncProperty(path, fc.nat(3), async (name, size) => {
      const expected = await reference([{ path: name, bytes: new Uint8Array(size) }]);
      const room = Buffer.alloc(8 * 1024, "?");
      const header = room.subarray(3, writeTarHeader({ path: name, size, mtime: seconds }, room, 3));
      expect(expected.subarray(0, header.byteLength).equals(header)).toBe(true);
    }),
    {
      examples: [
        ["a".repeat(100), 1],
        [`${"b".repeat(155)}/${"a".repeat(100)}`, 1],
        [`${"b".repeat(156)}/a`, 1],
      ],
    },
  );
});

async function membersOf(sizes: readonly number[]) {
  const root = await scratchDirectory();
  const files = sizes.map((size, index) => ({ path: `${index}.txt`, bytes: Buffer.alloc(size, `${index}-`) }));
  await writeTree(root, Object.fromEntries(files.map(({ path, bytes }) => [path, bytes])));
  const members = files.map(
    ({ path, bytes }): TarMember => ({ path, location: join(root, path), size: bytes.byteLength }),
  );
  return { root, files, members };
}

test.each([true, false])(
  "tarStream: the bytes of tar-stream, over many chunks and with every padding (lent: %s)",
  async (isLent) => {
    const { files, members } = await membersOf([0, 1, 511, 512, 513, 1024 * 1024 - 1, 700_000, 600_000, 5, 900_000, 3]);
    const digests: string[] = [];
    const chunks: Buffer[] = [];
    for await (const chunk of tarStream(members, { mtime, isLent, onMember: (_, digest) => digests.push(digest) })) {
      chunks.push(Buffer.from(chunk));
    }
    expect(Buffer.concat(chunks).equals(await reference(files))).toBe(true);
    expect(digests).toEqual(files.map(({ bytes }) => digestOf(bytes)));
  },
);

test("tarStream: a member that grew, shrank or changed is named", async () => {
  const { root, members } = await membersOf([5, 5]);
  const known = members.map((member) => ({ ...member, digest: digestOf(Buffer.alloc(5, "1-")) }));
  for (const [content, code] of [
    ["123456", "SIZE_MISMATCH"],
    ["1234", "SIZE_MISMATCH"],
    ["12345", "DIGEST_MISMATCH"],
  ] as const) {
    await writeTree(root, { "1.txt": content });
    const error = await rejectsWith(bytesOf(tarStream(known.slice(1), { mtime })), code);
    expect(error.message).toMatch(/^1\.txt: /);
  }
});
