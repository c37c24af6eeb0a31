import type { CallOptions, GraphTarget } from "./content.ts";
import type { Descriptor } from "./descriptor.ts";
import { emptyJson, manifestSource, packManifest } from "./pack.ts";
import type { BlobSource } from "./source.ts";

export interface Attachment {
  readonly artifactType: string;
  readonly layers: readonly BlobSource[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Attaches content to a manifest: pushes the blobs, then a manifest with `subject`, by digest and without a tag.
 *
 * Attaching the same content twice is harmless: it has the same digest.
 *
 * @returns the descriptor of the new manifest, as a referrers list shows it.
 */
export async function attach(
  store: GraphTarget,
  subject: Descriptor,
  attachment: Attachment,
  options?: CallOptions,
): Promise<Descriptor> {
  const manifest = packManifest({
    artifactType: attachment.artifactType,
    layers: attachment.layers.map((layer) => layer.descriptor),
    subject,
    ...(attachment.annotations ? { annotations: attachment.annotations } : {}),
  });
  for (const blob of [emptyJson, ...attachment.layers]) await store.push(blob, options);
  await store.push(manifestSource(manifest), options);
  return manifest.descriptor;
}
