import { attach } from "../../oci/attach.ts";
import type { CallOptions, GraphTarget } from "../../oci/content.ts";
import { type Descriptor, describe } from "../../oci/descriptor.ts";
import { annotationKeys } from "../../oci/media-types.ts";
import { bytesSource } from "../../oci/source.ts";
import { tensorIndexType } from "../media-types.ts";
import { encodeTensorIndex } from "./build.ts";
import type { TensorIndex } from "./document.ts";

/**
 * Attaches an index to its model, as a referrer with one layer. Doing it again with the same index changes nothing.
 *
 * @returns the descriptor of the referrer.
 */
export async function attachTensorIndex(
  store: GraphTarget,
  model: Descriptor,
  index: TensorIndex,
  options?: CallOptions,
): Promise<Descriptor> {
  const bytes = encodeTensorIndex(index);
  const layer = bytesSource(describe(tensorIndexType, bytes, { [annotationKeys.title]: "tensor-index.json" }), bytes);
  return attach(store, model, { artifactType: tensorIndexType, layers: [layer] }, options);
}
