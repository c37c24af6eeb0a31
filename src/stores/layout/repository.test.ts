import { appendFile, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesOf, listOf, rejectsWith } from "../../../test/support/expect.ts";
import { indexOf, pushArtifact, seededArtifact, seededBlob, seededBytes } from "../../../test/support/fixtures.ts";
import { layoutDirectory } from "../../../test/support/layout-directory.ts";
import { missingSchemas, ociSchemas } from "../../../test/support/oci-schemas.ts";
import { attach } from "../../oci/attach.ts";
import { identity } from "../../oci/descriptor.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { manifestSource } from "../../oci/pack.ts";

const refName = "org.opencontainers.image.ref.name";

test("reading creates nothing, not even for a repository that is not there", async () => {
  await using layout = await layoutDirectory();
  const { descriptor } = seededArtifact(1).manifest;
  expect(await layout.risk.exists(descriptor)).toBe(false);
  await rejectsWith(layout.risk.resolve("v1"), "NOT_FOUND");
  await rejectsWith(bytesOf(layout.risk.fetch(descriptor)), "NOT_FOUND");
  await rejectsWith(layout.risk.tag(descriptor, "v1"), "NOT_FOUND");
  await rejectsWith(layout.risk.untag("v1"), "NOT_FOUND");
  await rejectsWith(layout.risk.delete(descriptor), "NOT_FOUND");
  expect([await listOf(layout.risk.tags()), await listOf(layout.risk.referrers(descriptor))]).toEqual([[], []]);
  expect(await listOf(layout.registry.repositories())).toEqual([]);
  expect(await readdir(layout.root)).toEqual([]);
});

test("a push that is refused leaves no file behind", async () => {
  await using layout = await layoutDirectory();
  await layout.risk.push(seededBlob(1));
  const before = await readdir(layout.path("blobs", "sha256"));
  const lie = { descriptor: seededBlob(2).descriptor, open: () => seededBlob(3).open() };
  await rejectsWith(layout.risk.push(lie), "DIGEST_MISMATCH");
  expect(await readdir(layout.path("blobs", "sha256"))).toEqual(before);
  expect(await readdir(layout.path(".uploads"))).toEqual([]);
});

test("index.json lists every manifest: one entry per tag, one without a name for the rest", async () => {
  await using layout = await layoutDirectory();
  const model = await pushArtifact(layout.risk, seededArtifact(1));
  const entry = { ...identity(model), artifactType: "application/vnd.test.v1" };
  expect((await layout.readIndex()).manifests).toEqual([entry]);
  await layout.risk.tag(model, "v1");
  await layout.risk.tag(model, "v1-staging");
  const card = await attach(layout.risk, model, { artifactType: "application/vnd.test.card", layers: [] });
  expect(await layout.readIndex()).toEqual({
    schemaVersion: 2,
    mediaType: mediaTypes.imageIndex,
    manifests: [
      { ...entry, annotations: { [refName]: "v1" } },
      { ...entry, annotations: { [refName]: "v1-staging" } },
      { ...identity(card), artifactType: "application/vnd.test.card" },
    ],
  });
  expect((await readdir(layout.path())).sort()).toEqual([".uploads", "blobs", "index.json", "oci-layout"]);
});

test("the layout is valid by the specification's own schemas", async ({ skip }) => {
  const check = ociSchemas();
  if (!check) return skip(missingSchemas);
  await using layout = await layoutDirectory();
  await layout.risk.tag(await pushArtifact(layout.risk, seededArtifact(1)), "v1");
  expect(check("image-index-schema", await layout.readIndex())).toEqual([]);
  expect(check("image-layout-schema", JSON.parse(await readFile(layout.path("oci-layout"), "utf8")))).toEqual([]);
});

test("fields of index.json and of its entries that mreg does not know survive", async () => {
  await using layout = await layoutDirectory();
  const [first, second] = [
    await pushArtifact(layout.risk, seededArtifact(1)),
    await pushArtifact(layout.risk, seededArtifact(2)),
  ];
  const vendor = { "org.vendor": "1", [refName]: "docker.io/library/risk:latest" };
  const unverifiable = { mediaType: mediaTypes.imageManifest, digest: `blake3:${"a".repeat(64)}`, size: 1 };
  const entry = { ...identity(first), platform: { os: "linux", architecture: "arm64" }, annotations: vendor };
  await layout.writeIndex({
    schemaVersion: 2,
    "x-vendor": [1],
    annotations: { a: "b" },
    manifests: [unverifiable, entry, identity(second)],
  });
  await layout.risk.tag(second, "v2");
  const index = await layout.readIndex();
  expect(index).toMatchObject({ "x-vendor": [1], annotations: { a: "b" } });
  expect(index.manifests).toEqual([unverifiable, entry, { ...identity(second), annotations: { [refName]: "v2" } }]);
  expect(await listOf(layout.risk.tags())).toEqual(["v2"]);
});

test("a manifest inside of an index is found, tagged and refers, though index.json does not list it", async () => {
  await using layout = await layoutDirectory();
  const model = await pushArtifact(layout.risk, seededArtifact(1));
  const part = await pushArtifact(layout.risk, seededArtifact(2, { subject: model }));
  const index = indexOf([identity(part)]);
  await layout.risk.push(manifestSource(index));
  await layout.writeIndex({ schemaVersion: 2, manifests: [identity(model), identity(index.descriptor)] });
  expect(await layout.risk.resolve(part.digest)).toEqual(identity(part));
  expect((await listOf(layout.risk.referrers(model))).map(({ digest }) => digest)).toEqual([part.digest]);
  await layout.risk.tag(part, "part");
  expect((await layout.risk.resolve("part")).digest).toBe(part.digest);
});

test("a file that was cut short is no content, and the next push replaces it", async () => {
  await using layout = await layoutDirectory();
  const blob = seededBlob(1);
  await layout.risk.push(blob);
  await truncate(layout.blobPath(blob.descriptor.digest), 10);
  expect(await layout.risk.exists(blob.descriptor)).toBe(false);
  await rejectsWith(bytesOf(layout.risk.fetch(blob.descriptor)), "SIZE_MISMATCH");
  await layout.risk.push(blob);
  expect((await bytesOf(layout.risk.fetch(blob.descriptor))).equals(seededBytes(1, 1_000))).toBe(true);
});

test("a file of another length is told before a byte of it is read", async () => {
  await using layout = await layoutDirectory();
  const blob = seededBlob(1);
  await layout.risk.push(blob);
  await appendFile(layout.blobPath(blob.descriptor.digest), "more");
  let chunks = 0;
  const read = async () => {
    for await (const _chunk of layout.risk.fetch(blob.descriptor)) chunks += 1;
  };
  await rejectsWith(read(), "TRAILING_DATA");
  expect(chunks).toBe(0);
});

test("deleting a manifest leaves neither entries nor its file", async () => {
  await using layout = await layoutDirectory();
  const model = await pushArtifact(layout.risk, seededArtifact(1));
  await layout.risk.tag(model, "v1");
  await layout.risk.delete(model);
  expect((await layout.readIndex()).manifests).toEqual([]);
  await expect(stat(layout.blobPath(model.digest))).rejects.toMatchObject({ code: "ENOENT" });
});

test("mount: shares the file instead of copying it", async () => {
  await using layout = await layoutDirectory();
  const blob = seededBlob(1);
  await layout.registry.repository("other").push(blob);
  expect(await layout.risk.mount(blob.descriptor, "other")).toBe(true);
  expect((await stat(layout.blobPath(blob.descriptor.digest))).nlink).toBe(2);
});

test("mount: is true for what is here already, wherever it came from", async () => {
  await using layout = await layoutDirectory();
  await layout.risk.push(seededBlob(1));
  expect(await layout.risk.mount(seededBlob(1).descriptor, "other")).toBe(true);
});

test("mount: copies and verifies where it cannot share", async () => {
  await using layout = await layoutDirectory();
  const other = layout.registry.repository("other");
  const [good, bad] = [seededBlob(1), seededBlob(2)];
  for (const blob of [good, bad]) await other.push(blob);
  await layout.risk.push(seededBlob(3));
  // A name that is taken by a damaged file can be linked as little as one on another disk.
  for (const { descriptor } of [good, bad]) await writeFile(layout.blobPath(descriptor.digest), "damaged");
  expect(await layout.risk.mount(good.descriptor, "other")).toBe(true);
  expect((await bytesOf(layout.risk.fetch(good.descriptor))).equals(seededBytes(1, 1_000))).toBe(true);
  const path = join(layout.root, "other", "blobs", "sha256", bad.descriptor.digest.slice("sha256:".length));
  await writeFile(path, seededBytes(9, 1_000));
  await rejectsWith(layout.risk.mount(bad.descriptor, "other"), "DIGEST_MISMATCH");
  expect(await layout.risk.exists(bad.descriptor)).toBe(false);
});

test("mount: a manifest is listed, too", async () => {
  await using layout = await layoutDirectory();
  const artifact = seededArtifact(1);
  const model = await pushArtifact(layout.registry.repository("other"), artifact);
  for (const blob of artifact.blobs) await layout.risk.mount(blob.descriptor, "other");
  expect(await layout.risk.mount(model, "other")).toBe(true);
  expect((await layout.risk.resolve(model.digest)).digest).toBe(model.digest);
});
