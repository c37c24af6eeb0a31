import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestOf } from "../base/digest.ts";
import { MemoryRegistry } from "../stores/memory/index.ts";
import { fileLayer } from "./file-layer.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "mreg-layer-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("fileLayer: describes a file of several chunks, under its own name or another", async () => {
  const bytes = Buffer.alloc(2_500_000, "weights ");
  const path = join(directory, "w.bin");
  writeFileSync(path, bytes);
  const { descriptor } = await fileLayer(path, "application/x.weights");
  expect(descriptor).toEqual({
    mediaType: "application/x.weights",
    digest: digestOf(bytes),
    size: bytes.byteLength,
    annotations: { "org.opencontainers.image.title": "w.bin" },
  });
  const other = await fileLayer(path, "application/x.weights", "model/w.bin");
  expect(other.descriptor.annotations).toEqual({ "org.opencontainers.image.title": "model/w.bin" });
});

test("fileLayer: a file that changes before it is pushed is not pushed", async () => {
  const path = join(directory, "changing.bin");
  writeFileSync(path, "before");
  const layer = await fileLayer(path, "application/x.weights");
  writeFileSync(path, "behind");
  await expect(new MemoryRegistry().repository("r").push(layer)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
});

test("fileLayer: a file that is not there is the file system's error", async () => {
  await expect(fileLayer(join(directory, "gone"), "application/x.weights")).rejects.toMatchObject({ code: "ENOENT" });
});
