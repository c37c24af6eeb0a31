import { writeSync } from "node:fs";
import { readdir, stat, utimes } from "node:fs/promises";
import { expect, test } from "vitest";
import { seededBlob, seededBytes } from "../../../test/support/fixtures.ts";
import { layoutDirectory } from "../../../test/support/layout-directory.ts";
import type { StagedBlob } from "../../oci/content.ts";

// What every store promises of `stage` is in src/contract/cases/staging.ts; here is what lies on the disk.

const bytes = seededBytes(1, 1_000);
const { descriptor } = seededBlob(1);

test.each<[string, readonly string[], (staged: StagedBlob) => unknown]>([
  ["was kept", [".uploads", "blobs", "index.json", "oci-layout"], (staged) => staged.keep(descriptor)],
  ["was too short", [".uploads"], (staged) => staged.keep({ ...descriptor, size: 1_001 })],
  [
    "was aborted",
    [".uploads"],
    (staged) => staged.keep(descriptor, { signal: AbortSignal.abort() }).catch(() => "aborted"),
  ],
  ["nobody kept", [".uploads"], () => undefined],
])("stage: a file that %s leaves nothing beside the blobs, and a layout only where it is one", async (_, left, end) => {
  await using layout = await layoutDirectory();
  const staged = await layout.risk.stage();
  expect(await readdir(layout.path(".uploads"))).toHaveLength(1);
  writeSync(staged.file, bytes);
  await end(staged);
  await staged.discard();
  expect((await readdir(layout.path())).sort()).toEqual(left);
  expect(await readdir(layout.path(".uploads"))).toEqual([]);
});

test("stage: the file of content that is there already stays the same", async () => {
  await using layout = await layoutDirectory();
  await layout.risk.push(seededBlob(1));
  const before = await stat(layout.blobPath(descriptor.digest));
  const staged = await layout.risk.stage();
  writeSync(staged.file, bytes);
  await staged.keep(descriptor);
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
