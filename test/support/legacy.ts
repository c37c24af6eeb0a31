import type { Repository } from "../../src/oci/content.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { emptyJson, manifestSource, packManifest } from "../../src/oci/pack.ts";
import type { Signer } from "../../src/trust/index.ts";
import { layerAnnotations } from "../../src/trust/legacy/signature-layer.ts";
import { type SignatureTagSuffix, signatureTag } from "../../src/trust/legacy/signature-tag.ts";
import { simpleSigningMediaType, writeSimpleSigning } from "../../src/trust/legacy/simple-signing.ts";
import { blobOf } from "./fixtures.ts";

/** A layer as it lies in a `.sig` or `.att` manifest, with what it holds. */
export interface SignatureLayer {
  readonly bytes: Uint8Array;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A payload signed as cosign did it before bundles. */
export async function simpleLayer(signer: Signer, payload: Uint8Array): Promise<SignatureLayer> {
  const signature = Buffer.from(await signer.sign(payload)).toString("base64");
  return { bytes: payload, annotations: { [layerAnnotations.signature]: signature } };
}

/** The payload that speaks of a manifest. */
export const payloadOf = ({ digest }: Pick<Descriptor, "digest">) =>
  writeSimpleSigning(digest, "registry.test/ml/risk");

/** Pushes layers as one manifest: under the subject's tag, or attached to it when `artifactType` is given. */
export async function pushSignatures(
  repository: Repository,
  subject: Descriptor,
  layers: readonly SignatureLayer[],
  where: { readonly suffix?: SignatureTagSuffix; readonly artifactType?: string; readonly to?: Descriptor } = {},
): Promise<Descriptor> {
  const blobs = layers.map(({ bytes, mediaType = simpleSigningMediaType }) => blobOf(bytes, { mediaType }));
  for (const blob of [emptyJson, ...blobs]) await repository.push(blob);
  const manifest = packManifest({
    artifactType: where.artifactType ?? "application/vnd.oci.image.config.v1+json",
    layers: blobs.map(({ descriptor }, at) => ({ ...descriptor, annotations: { ...layers[at]?.annotations } })),
    ...(where.artifactType ? { subject: where.to ?? subject } : {}),
  });
  await repository.push(manifestSource(manifest));
  if (!where.artifactType) {
    await repository.tag(manifest.descriptor, signatureTag(subject.digest, where.suffix ?? "sig"));
  }
  return manifest.descriptor;
}
