import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesOf } from "../../test/support/expect.ts";
import { seededBytes } from "../../test/support/fixtures.ts";
import { describe as descriptorOf } from "./descriptor.ts";
import { bytesSource, fileSource } from "./source.ts";

const bytes = seededBytes(1, 600_000);
const descriptor = descriptorOf("application/octet-stream", bytes);

for (const offset of [undefined, 0, 1, 599_999, 600_000]) {
  test(`open: both kinds of source give what lies behind offset ${offset}, as often as asked`, async () => {
    const directory = await mkdtemp(join(tmpdir(), "mreg-source-"));
    const path = join(directory, "file");
    await writeFile(path, bytes);
    try {
      for (const source of [bytesSource(descriptor, bytes), fileSource(descriptor, path)]) {
        for (const read of [await bytesOf(source.open(offset)), await bytesOf(source.open(offset))]) {
          expect(read.equals(bytes.subarray(offset ?? 0))).toBe(true);
        }
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });
}
