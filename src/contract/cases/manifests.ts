import { expect } from "vitest";
import { manifestLimitBytes } from "../../base/limits.ts";
import { fetchManifest } from "../../oci/fetch-manifest.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { emptyJson, manifestSource } from "../../oci/pack.ts";
import { bytesOf, rejectsWith } from "../expect.ts";
import {
  blobOf,
  indexOf,
  lyingSource,
  manifestSourceAs,
  pushArtifact,
  seededArtifact,
  seededBlob,
  unreadableSource,
} from "../fixtures.ts";
import type { DefineCase, TargetFixture } from "../target-contract.ts";

export function manifestCases(define: DefineCase, fixture: TargetFixture): void {
  acceptCases(define);
  refuseCases(define);
  if (fixture.sha512) sha512Cases(define);
}

function acceptCases(define: DefineCase): void {
  define("manifest: comes back byte for byte, found by its digest", async ({ repository }) => {
    const { manifest, blobs } = seededArtifact(1, { annotations: { "dev.test": "<&>\u2028 ü" } });
    await pushArtifact(repository, { manifest, blobs });
    const { mediaType, digest, size } = manifest.descriptor;
    expect(await repository.resolve(digest)).toMatchObject({ mediaType, digest, size });
    expect((await bytesOf(repository.fetch(manifest.descriptor))).equals(manifest.raw)).toBe(true);
    expect(await repository.exists(manifest.descriptor)).toBe(true);
  });

  define("manifest: keeps white space and unknown fields", async ({ repository }) => {
    const value = { ...seededArtifact(2).manifest.value, "vendor.field": { a: [1, 2] } };
    const pretty = blobOf(Buffer.from(`${JSON.stringify(value, null, 3)}\n`), { mediaType: mediaTypes.imageManifest });
    for (const blob of seededArtifact(2).blobs) await repository.push(blob);
    await repository.push(pretty);
    expect((await bytesOf(repository.fetch(pretty.descriptor))).equals(await bytesOf(pretty.open()))).toBe(true);
  });

  define("manifest: an index over two manifests", async ({ repository }) => {
    const parts = [
      await pushArtifact(repository, seededArtifact(3)),
      await pushArtifact(repository, seededArtifact(4)),
    ];
    const index = indexOf(parts);
    await repository.push(manifestSource(index));
    expect((await fetchManifest(repository, await repository.resolve(index.descriptor.digest))).kind).toBe("index");
  });

  define("manifest: is left alone when it is there already", async ({ repository }) => {
    const descriptor = await pushArtifact(repository, seededArtifact(5));
    await repository.push(unreadableSource(descriptor));
  });

  define("manifest: may come after the same bytes came as a blob", async ({ repository }) => {
    const artifact = seededArtifact(12);
    await repository.push(blobOf(artifact.manifest.raw));
    expect(await repository.exists(artifact.manifest.descriptor)).toBe(false);
    const { digest } = await pushArtifact(repository, artifact);
    expect((await repository.resolve(digest)).digest).toBe(digest);
  });

  define("manifest: its subject may be missing", async ({ repository }) => {
    const subject = seededArtifact(6).manifest.descriptor;
    const descriptor = await pushArtifact(repository, seededArtifact(7, { subject }));
    expect(await repository.exists(descriptor)).toBe(true);
    expect(await repository.exists(subject)).toBe(false);
  });

  define("manifest: ends with an error when the stored bytes have changed", async ({ repository, corrupt }) => {
    if (!corrupt) return;
    const descriptor = await pushArtifact(repository, seededArtifact(8));
    await corrupt(repository.name, descriptor.digest);
    await rejectsWith(fetchManifest(repository, descriptor), "DIGEST_MISMATCH");
  });

  define("resolve: a blob is not a manifest", async ({ repository }) => {
    const blob = seededBlob(9);
    await repository.push(blob);
    await rejectsWith(repository.resolve(blob.descriptor.digest), "NOT_FOUND");
  });

  define("resolve: what is not there is NOT_FOUND, what is no reference INVALID_REFERENCE", async ({ repository }) => {
    await pushArtifact(repository, seededArtifact(10));
    await rejectsWith(repository.resolve("v1"), "NOT_FOUND");
    await rejectsWith(repository.resolve(seededArtifact(11).manifest.descriptor.digest), "NOT_FOUND");
    for (const bad of ["", "../v1", "a b", "sha256:abc", "v1?x=1", "-v1"]) {
      await rejectsWith(repository.resolve(bad), "INVALID_REFERENCE");
    }
  });
}

function refuseCases(define: DefineCase): void {
  define("manifest: is refused when its bytes are not what its descriptor says", async ({ repository }) => {
    const { manifest, blobs } = seededArtifact(1);
    for (const blob of blobs) await repository.push(blob);
    const other = Buffer.from(manifest.raw);
    other[other.length - 3] = (other[other.length - 3] ?? 0) ^ 1;
    await rejectsWith(repository.push(lyingSource(manifest.descriptor, other)), "DIGEST_MISMATCH");
    await rejectsWith(repository.resolve(manifest.descriptor.digest), "NOT_FOUND");
  });

  define("manifest: is refused before the blobs it names are there", async ({ repository }) => {
    const { manifest } = seededArtifact(2);
    await repository.push(emptyJson);
    // Local stores say INVALID_MANIFEST; what a registry says here is not specified beyond "not accepted".
    await rejectsWith(repository.push(manifestSource(manifest)));
    await rejectsWith(repository.resolve(manifest.descriptor.digest), "NOT_FOUND");
  });

  for (const [what, text] of [
    ["is not JSON", "<html>"],
    ["is not a manifest", `{"schemaVersion":1}`],
    ["has a key twice", `{"schemaVersion":2,"schemaVersion":2,"layers":[],"config":{}}`],
  ] as const) {
    define(`manifest: is refused when it ${what}`, async ({ repository }) => {
      const bad = blobOf(Buffer.from(text), { mediaType: mediaTypes.imageManifest });
      await rejectsWith(repository.push(bad), "INVALID_MANIFEST");
      expect(await repository.exists(bad.descriptor)).toBe(false);
    });
  }

  define("manifest: is refused above 4 MiB", async ({ repository }) => {
    const { value } = seededArtifact(3).manifest;
    for (const blob of seededArtifact(3).blobs) await repository.push(blob);
    const sizeOf = (padding: number) => Buffer.from(JSON.stringify({ ...value, padding: "x".repeat(padding) }));
    const spare = manifestLimitBytes - sizeOf(0).byteLength;
    const largest = blobOf(sizeOf(spare), { mediaType: mediaTypes.imageManifest });
    const tooLarge = blobOf(sizeOf(spare + 1), { mediaType: mediaTypes.imageManifest });
    await repository.push(largest);
    expect(await repository.exists(largest.descriptor)).toBe(true);
    await rejectsWith(repository.push(tooLarge), "LIMIT_EXCEEDED");
    // A size is a claim that costs nothing; the bytes behind it are not even opened.
    await rejectsWith(repository.push(unreadableSource(tooLarge.descriptor)), "LIMIT_EXCEEDED");
    expect(await repository.exists(tooLarge.descriptor)).toBe(false);
  });
}

function sha512Cases(define: DefineCase): void {
  define("sha512: a manifest is found under its sha512 digest", async ({ repository }) => {
    const { manifest, blobs } = seededArtifact(1);
    for (const blob of blobs) await repository.push(blob);
    const source = manifestSourceAs(manifest, "sha512");
    await repository.push(source);
    await repository.tag(source.descriptor, "v1");
    for (const reference of ["v1", source.descriptor.digest]) {
      expect((await repository.resolve(reference)).digest).toBe(source.descriptor.digest);
    }
    const read = await fetchManifest(repository, await repository.resolve("v1"));
    expect(read.descriptor.digest).toBe(source.descriptor.digest);
  });
}
