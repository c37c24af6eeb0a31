import { fileKind } from "../../model/kind.ts";
import { modelAnnotationKeys } from "../../model/media-types.ts";
import { readModel } from "../../model/read.ts";
import type { CallOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { ModelStore } from "../chain/read.ts";
import type { WeightFile } from "../decision/situation.ts";

/** What the manifest itself says: its owner, and the files that a scan must have read. */
export async function readContent(
  store: ModelStore,
  target: Descriptor,
  options: CallOptions,
): Promise<{ readonly weights: readonly WeightFile[]; readonly owner?: string }> {
  const { annotations, files } = await readModel(store, target, options);
  const owner = annotations[modelAnnotationKeys.owner];
  // The declared kind is the pusher's word: a pickle declared as documentation is still a file of weights.
  const weights = files.filter(
    ({ archive, kind, path }) => kind === "weight" || (!archive && fileKind(path) === "weight"),
  );
  return {
    weights: weights.map(({ path, descriptor }) => ({ path, digest: descriptor.digest })),
    ...(owner === undefined ? {} : { owner }),
  };
}
