import { writeSync } from "node:fs";
import { readdir, readFile, stat, utimes } from "node:fs/promises";
import { expect, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { seededBlob, seededBytes } from "../../../test/support/fixtures.ts";
import { layoutDirectory } from "../../../test/support/layout-directory.ts";

const bytes = seededBytes(1, 1_000);
const { descriptor } = seededBlob(1);

test("stage: what was written has its name only once it is kept, and is a blob like others then", async () => {
  await using layout = await layoutDirectory();
  const staged = await layout.risk.stage();
  writeSync(staged.file, bytes);
  expect(await layout.risk.exists(descriptor)).toBe(false);
  expect(await staged.keep(descriptor)).toBe("stored");
  await staged.discard();
  expect(await layout.risk.exists(descriptor)).toBe(true);
  expect((await readFile(layout.blobPath(descriptor.digest))).equals(bytes)).toBe(true);
  expect(await readdir(layout.path(".uploads"))).toEqual([]);
});

test("stage: a short file is not kept, and neither it nor a layout stays", async () => {
  await using layout = await layoutDirectory();
  const staged = await layout.risk.stage();
  writeSync(staged.file, bytes.subarray(1));
  expect(await staged.keep(descriptor)).toBe("declined");
  await staged.discard();
  expect(await readdir(layout.path())).toEqual([".uploads"]);
  expect(await readdir(layout.path(".uploads"))).toEqual([]);
});

test("stage: content that is there already stays as it is", async () => {
  await using layout = await layoutDirectory();
  await layout.risk.push(seededBlob(1));
  const before = await stat(layout.blobPath(descriptor.digest));
  const staged = await layout.risk.stage();
  writeSync(staged.file, bytes);
  expect(await staged.keep(descriptor)).toBe("present");
  await staged.discard();
  expect((await stat(layout.blobPath(descriptor.digest))).ino).toBe(before.ino);
  expect(await readdir(layout.path(".uploads"))).toEqual([]);
});

test("stage: what a killed writer left is swept by a later one", async () => {
  await using layout = await layoutDirectory();
  const killed = await layout.risk.stage();
  const [left = ""] = await readdir(layout.path(".uploads"));
  await utimes(layout.path(".uploads", left), 1, 1);
  const staged = await layout.risk.stage();
  expect(await readdir(layout.path(".uploads"))).not.toContain(left);
  await Promise.all([killed.discard(), staged.discard()]);
  expect(await readdir(layout.path(".uploads"))).toEqual([]);
});

test("stage: an aborted call makes nothing, and keeps nothing", async () => {
  await using layout = await layoutDirectory();
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  await expect(layout.risk.stage({ signal })).rejects.toBe(reason);
  const staged = await layout.risk.stage();
  writeSync(staged.file, bytes);
  await expect(staged.keep(descriptor, { signal })).rejects.toBe(reason);
  await staged.discard();
  await rejectsWith(layout.risk.resolve("v1"), "NOT_FOUND");
  expect(await readdir(layout.path(".uploads"))).toEqual([]);
});
