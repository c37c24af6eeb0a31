import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { bytesOf } from "../../../test/support/expect.ts";
import { scratchDirectory } from "../../../test/support/scratch.ts";
import type { ByteStream } from "../../base/bytes.ts";
import { listPlainArchive } from "./plain-tar.ts";
import { hashArchive } from "./tar-archive.ts";

interface Entry {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mtime?: number;
}

/** An archive as mreg writes it, which is as tar-stream does. */
function archiveOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { path, bytes, mtime = 0 } of entries) {
    const header = { name: path, size: bytes.byteLength, mode: 0o644, uid: 0, gid: 0, mtime: new Date(mtime * 1000) };
    archive.entry(header, Buffer.from(bytes));
  }
  archive.finalize();
  return bytesOf(archive as unknown as ByteStream);
}

async function plain(archive: Uint8Array): ReturnType<typeof listPlainArchive> {
  const location = join(await scratchDirectory(), "archive.tar");
  await writeFile(location, archive);
  return listPlainArchive(location);
}

/** What the parser that knows all tars says; undefined when it refuses. */
const known = (archive: Uint8Array) => hashArchive(Readable.from([archive]), "archive").catch(() => undefined);

const name = fc.oneof(fc.stringMatching(/^[a-z]{1,60}$/), fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }));
const entry = fc.record({
  path: fc
    .array(name, { minLength: 1, maxLength: 4 })
    .map((parts) => parts.map((part) => part.replaceAll(/[\0/]/g, "_")).join("/")),
  bytes: fc.uint8Array({ maxLength: 1100 }),
  mtime: fc.nat(2 ** 31),
});

test("listPlainArchive: the answer of the other parser for every archive that mreg writes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 6 }), async (entries) => {
      const archive = await archiveOf(entries);
      const listed = await plain(archive);
      expect(listed).toEqual(await known(archive));
      expect(listed).toHaveLength(entries.length);
    }),
    { numRuns: 60 },
  );
});

test("listPlainArchive: another answer for no archive at all, whatever is changed in it", async () => {
  const place = fc.record({ at: fc.nat(), value: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 3 }), place, async (entries, { at, value }) => {
      const archive = await archiveOf(entries);
      archive[at % archive.byteLength] = value;
      const listed = await plain(archive);
      if (listed) expect(listed).toEqual(await known(archive));
    }),
    { numRuns: 150 },
  );
});

test("listPlainArchive: many windows, and members that end where one does", async () => {
  const sizes = [1024 * 1024 - 1, 700_000, 255 * 1024, 256 * 1024, 0, 900_000, 511, 512, 513];
  const entries = sizes.map((size, index) => ({ path: `${index}`, bytes: Buffer.alloc(size, `${index}-`) }));
  const archive = await archiveOf(entries);
  const listed = await plain(archive);
  expect(listed).toEqual(await known(archive));
  expect(listed?.map(({ size }) => size)).toEqual(sizes);
});

test.each<[string, (archive: Buffer) => Uint8Array]>([
  ["nothing", () => new Uint8Array()],
  ["one that is cut in a member", (archive) => archive.subarray(0, 700)],
  ["one without an end", (archive) => archive.subarray(0, -1024)],
  ["one with something behind it", (archive) => Buffer.concat([archive, Buffer.alloc(512, 1)])],
  ["one that ends twice", (archive) => Buffer.concat([archive, Buffer.alloc(10_240)])],
])("listPlainArchive: leaves %s to the other parser", async (_what, change) => {
  const archive = await archiveOf([{ path: "a/b", bytes: Buffer.from("content") }]);
  expect(await plain(archive)).toHaveLength(1);
  expect(await plain(change(archive))).toBeUndefined();
});

test.each(["./a", "a/", "./"])("listPlainArchive: leaves %j to the other parser", async (path) => {
  expect(await plain(await archiveOf([{ path, bytes: new Uint8Array() }]))).toBeUndefined();
});

test("listPlainArchive: leaves members of a mebibyte and more to the other parser", async () => {
  expect(await plain(await archiveOf([{ path: "a", bytes: Buffer.alloc(1024 * 1024) }]))).toBeUndefined();
});
