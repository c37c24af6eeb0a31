import { expect, test } from "vitest";
import { indexOf, pushArtifact, seededArtifact } from "../../test/support/fixtures.ts";
import { manifestLimitBytes } from "../base/limits.ts";
import { MemoryRegistry } from "../stores/memory/index.ts";
import { fetchImageManifest, fetchManifest, resolveManifest } from "./fetch-manifest.ts";
import { mediaTypes } from "./media-types.ts";
import { manifestSource } from "./pack.ts";

const repository = () => new MemoryRegistry().repository("risk");

test("resolveManifest: gives the manifest a tag names, with its raw bytes", async () => {
  const store = repository();
  const artifact = seededArtifact(1);
  await store.tag(await pushArtifact(store, artifact), "v1");
  const manifest = await resolveManifest(store, "v1");
  expect(Buffer.compare(manifest.raw, artifact.manifest.raw)).toBe(0);
  expect(manifest.descriptor.artifactType).toBe("application/vnd.test.v1");
});

test("fetchManifest: refuses a size above the limit without reading anything", async () => {
  const fetch = () => expect.fail("read");
  const { descriptor } = seededArtifact(1).manifest;
  await expect(fetchManifest({ fetch }, { ...descriptor, size: manifestLimitBytes + 1 })).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
  });
});

test("fetchManifest: refuses bytes whose own mediaType is another than the descriptor's", async () => {
  const store = repository();
  const descriptor = await pushArtifact(store, seededArtifact(1));
  await expect(fetchManifest(store, { ...descriptor, mediaType: mediaTypes.imageIndex })).rejects.toMatchObject({
    code: "INVALID_MANIFEST",
  });
});

test("fetchImageManifest: refuses an index", async () => {
  const store = repository();
  const index = indexOf([await pushArtifact(store, seededArtifact(1))]);
  await store.push(manifestSource(index));
  await expect(fetchImageManifest(store, index.descriptor)).rejects.toMatchObject({ code: "INVALID_MANIFEST" });
});
