import type { Target } from "../../src/oci/content.ts";
import { type Descriptor, describe } from "../../src/oci/descriptor.ts";
import { emptyJson, manifestSource, packManifest } from "../../src/oci/pack.ts";
import { type BlobSource, bytesSource } from "../../src/oci/source.ts";

/** A layer as some other program might write it. */
export interface ForeignLayer {
  readonly content: Uint8Array | string;
  readonly mediaType?: string;
  readonly annotations?: Record<string, string>;
}

export interface ForeignArtifact {
  readonly artifactType?: string;
  readonly config?: BlobSource;
  readonly layers: readonly ForeignLayer[];
  readonly annotations?: Record<string, string>;
}

/** A layer as `oras push` writes it. */
export function titled(title: string, content: Uint8Array | string): ForeignLayer {
  return { content, annotations: { "org.opencontainers.image.title": title } };
}

/** A blob in memory. */
export function blob(mediaType: string, content: Uint8Array | string): BlobSource {
  const bytes = Buffer.from(content);
  return bytesSource(describe(mediaType, bytes), bytes);
}

/** Stores an artifact that mreg would not write, and returns its manifest's descriptor. */
export async function pushForeign(store: Target, artifact: ForeignArtifact): Promise<Descriptor> {
  const { artifactType = "application/vnd.test.v1", config = emptyJson } = artifact;
  const layers = artifact.layers.map(({ content, mediaType = "application/octet-stream", annotations }) => {
    const bytes = Buffer.from(content);
    return bytesSource(describe(mediaType, bytes, annotations), bytes);
  });
  const manifest = packManifest({
    artifactType,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    ...(artifact.annotations ? { annotations: artifact.annotations } : {}),
  });
  for (const source of [config, emptyJson, ...layers]) await store.push(source);
  await store.push(manifestSource(manifest));
  return manifest.descriptor;
}
