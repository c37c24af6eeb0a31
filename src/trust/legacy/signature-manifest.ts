import { type Descriptor, describe } from "../../oci/descriptor.ts";
import { checkManifestSize } from "../../oci/manifest.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { type BlobSource, bytesSource } from "../../oci/source.ts";

const imageConfigType = "application/vnd.oci.image.config.v1+json";

/**
 * Builds the manifest of a `.sig` tag: an image whose layers are signatures, as older readers expect it, and without a
 * time in it, so that equal signatures make equal manifests.
 *
 * @param layers - with their annotations, taken over as they are.
 */
export function packSignatures(layers: readonly Descriptor[]): {
  readonly config: BlobSource;
  readonly manifest: BlobSource;
} {
  // The layers are not compressed: what an image calls their diff IDs are their digests.
  const image = {
    architecture: "",
    os: "",
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    config: {},
  };
  const config = Buffer.from(JSON.stringify(image));
  const configDescriptor = describe(imageConfigType, config);
  const raw = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageManifest, config: configDescriptor, layers }),
  );
  checkManifestSize(raw.byteLength);
  return {
    config: bytesSource(configDescriptor, config),
    manifest: bytesSource(describe(mediaTypes.imageManifest, raw), raw),
  };
}
