import { expect, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { indexOf, seededArtifact } from "../../../test/support/fixtures.ts";
import type { ByteStream } from "../../base/bytes.ts";
import { digestOf } from "../../base/digest.ts";
import { manifestLimitBytes } from "../../base/limits.ts";
import { type Descriptor, identity } from "../../oci/descriptor.ts";
import { StoreError } from "../../oci/errors.ts";
import { graphNodeLimit } from "../../oci/limits.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import type { LayoutBlobs } from "./blobs.ts";
import { manifestCacheLimitBytes } from "./limits.ts";
import { LayoutManifests, RelationCache } from "./manifests.ts";

/** Blobs that hold these manifests and count how often they are read. */
function blobsOf(...manifests: readonly Manifest[]): LayoutBlobs & { read: number } {
  const blobs = {
    read: 0,
    async *fetch({ digest }: Descriptor): ByteStream {
      blobs.read += 1;
      const found = manifests.find(({ descriptor }) => descriptor.digest === digest);
      if (!found) throw new StoreError("NOT_FOUND", digest);
      yield found.raw;
    },
  };
  return blobs as unknown as LayoutBlobs & { read: number };
}

const relation = (name: string, size: number) => ({
  descriptor: { mediaType: mediaTypes.imageManifest, digest: digestOf(name), size },
  subject: undefined,
  children: [],
});
const missing = digestOf("not there");

test("RelationCache: forgets the oldest when it holds too many bytes", () => {
  const cache = new RelationCache();
  const count = manifestCacheLimitBytes / manifestLimitBytes;
  for (let at = 0; at < count; at++) cache.add(relation(`m${at}`, manifestLimitBytes));
  cache.add(relation("m1", manifestLimitBytes));
  expect(cache.get(digestOf("m0"))).toBeDefined();
  cache.add(relation("one more", 1));
  expect(cache.get(digestOf("m0"))).toBeUndefined();
  for (const name of ["m1", `m${count - 1}`, "one more"]) expect(cache.get(digestOf(name)), name).toBeDefined();
});

test("find: reads an index once, however often it is asked", async () => {
  const inner = seededArtifact(1).manifest.descriptor;
  const index = indexOf([identity(inner)]);
  const blobs = blobsOf(index, seededArtifact(1).manifest);
  const manifests = new LayoutManifests(blobs, new RelationCache());
  const entries = [identity(index.descriptor)];
  for (let again = 0; again < 3; again++)
    expect((await manifests.find(entries, inner.digest))?.digest).toBe(inner.digest);
  expect(blobs.read).toBe(1);
});

test("find: what an index leaves out is passed by, what index.json lists must be there", async () => {
  const inner = seededArtifact(1).manifest.descriptor;
  const index = indexOf([identity(inner)]);
  const manifests = new LayoutManifests(blobsOf(index), new RelationCache());
  expect(await manifests.find([identity(index.descriptor)], missing)).toBeUndefined();
  const gone = { mediaType: mediaTypes.imageIndex, digest: digestOf("gone"), size: 2 };
  await rejectsWith(manifests.find([gone], missing), "INVALID_MANIFEST");
});

test("find: a blob inside of an index is no manifest", async () => {
  const blob = { mediaType: mediaTypes.octetStream, digest: missing, size: 1 };
  const index = indexOf([blob]);
  const manifests = new LayoutManifests(blobsOf(index), new RelationCache());
  expect(await manifests.find([identity(index.descriptor)], missing)).toBeUndefined();
});

test("find: an index listed as an image is refused, also when it was read as an index before", async () => {
  const index = indexOf([]);
  const manifests = new LayoutManifests(blobsOf(index), new RelationCache());
  await manifests.find([identity(index.descriptor)], missing);
  const disguised = { ...identity(index.descriptor), mediaType: mediaTypes.dockerManifestList };
  await rejectsWith(manifests.find([disguised], missing), "INVALID_MANIFEST");
});

test("find: indexes that list more manifests than any real layout are refused", async () => {
  // Small indexes without end: each is 4 MiB at most, but together they are unbounded.
  const perIndex = 20_000;
  const indexes = Array.from({ length: graphNodeLimit / perIndex + 1 }, (_, n) =>
    indexOf(
      Array.from({ length: perIndex }, (_, at) => ({
        mediaType: mediaTypes.imageManifest,
        digest: digestOf(`${n}/${at}`),
        size: 2,
      })),
    ),
  );
  const manifests = new LayoutManifests(blobsOf(...indexes), new RelationCache());
  await rejectsWith(
    manifests.find(
      indexes.map(({ descriptor }) => identity(descriptor)),
      missing,
    ),
    "LIMIT_EXCEEDED",
  );
});
