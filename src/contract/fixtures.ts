import { type Digest, type DigestAlgorithm, digestOf } from "../base/digest.ts";
import type { Repository } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Manifest, parseManifest } from "../oci/manifest.ts";
import { mediaTypes } from "../oci/media-types.ts";
import { emptyJson, manifestSource, packManifest } from "../oci/pack.ts";
import { type BlobSource, bytesSource } from "../oci/source.ts";

/** Bytes that look random and are the same for the same seed on every machine (the generator is mulberry32). */
export function seededBytes(seed: number, size: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = seed >>> 0;
  for (let at = 0; at < words.length; at++) {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    words[at] = (mixed ^ (mixed >>> 14)) >>> 0;
  }
  return new Uint8Array(words.buffer, 0, size);
}

export interface BlobOptions {
  readonly mediaType?: string;
  readonly algorithm?: DigestAlgorithm;
}

/** A blob of the given bytes. */
export function blobOf(bytes: Uint8Array, options: BlobOptions = {}): BlobSource {
  const { mediaType = mediaTypes.octetStream, algorithm = "sha256" } = options;
  return bytesSource({ mediaType, digest: digestOf(bytes, algorithm), size: bytes.byteLength }, bytes);
}

/** A blob whose content only the seed and the size decide. */
export function seededBlob(seed: number, size = 1_000, options: BlobOptions = {}): BlobSource {
  return blobOf(seededBytes(seed, size), options);
}

/** A source whose bytes are not what its descriptor says. */
export function lyingSource(descriptor: Descriptor, bytes: Uint8Array): BlobSource {
  return bytesSource(descriptor, bytes);
}

/** A source that must not be read. */
export function unreadableSource(descriptor: Descriptor): BlobSource {
  return {
    descriptor,
    open: () => {
      throw new Error(`${descriptor.digest} was opened`);
    },
  };
}

/** A source that yields its content in pieces of `pieceBytes` and runs `between` after each. */
export function slowSource(blob: BlobSource, pieceBytes: number, between: () => void | Promise<void>): BlobSource {
  return {
    descriptor: blob.descriptor,
    async *open(offset = 0) {
      for await (const chunk of blob.open(offset)) {
        for (let at = 0; at < chunk.byteLength; at += pieceBytes) {
          yield chunk.subarray(at, at + pieceBytes);
          await between();
        }
      }
    },
  };
}

/** A manifest with the blobs it names. */
export interface Artifact {
  readonly manifest: Manifest;
  readonly blobs: readonly BlobSource[];
}

export interface ArtifactOptions {
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly layers?: readonly BlobSource[];
}

/** An artifact with one seeded layer, unless `layers` says otherwise. */
export function seededArtifact(seed: number, options: ArtifactOptions = {}): Artifact {
  const { artifactType = "application/vnd.test.v1", layers = [seededBlob(seed)], subject, annotations } = options;
  const manifest = packManifest({
    artifactType,
    layers: layers.map((layer) => layer.descriptor),
    ...(subject ? { subject } : {}),
    ...(annotations ? { annotations } : {}),
  });
  return { manifest, blobs: [emptyJson, ...layers] };
}

/** An index over other manifests; their bytes are not part of it. */
export function indexOf(manifests: readonly Descriptor[], extra: Record<string, unknown> = {}): Manifest {
  const value = { schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests, ...extra };
  return parseManifest(Buffer.from(JSON.stringify(value)), mediaTypes.imageIndex);
}

/** The source of a manifest under a digest of another algorithm than sha256. */
export function manifestSourceAs(manifest: Manifest, algorithm: DigestAlgorithm): BlobSource {
  const digest: Digest = digestOf(manifest.raw, algorithm);
  return bytesSource({ ...manifest.descriptor, digest }, manifest.raw);
}

/** Pushes blobs, then the manifest; gives the manifest's descriptor. */
export async function pushArtifact(repository: Repository, artifact: Artifact): Promise<Descriptor> {
  for (const blob of artifact.blobs) await repository.push(blob);
  await repository.push(manifestSource(artifact.manifest));
  return artifact.manifest.descriptor;
}
