import type { PullSource } from "../../model/pull/pull.ts";
import { pullModel } from "../../model/pull/pull.ts";
import { readModel } from "../../model/read.ts";
import type { ModelFormat } from "../../model/view.ts";
import type { CallOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { annotationKeys } from "../../oci/media-types.ts";
import { cardEvidence, readmeIn } from "./card-evidence.ts";
import { SourceError } from "./errors.ts";
import type { SourceModel } from "./source-model.ts";

export interface RegistryPlace {
  readonly store: PullSource;
  readonly descriptor: Descriptor;
  /** Pinned: `registry.example.com/ml/risk@sha256:…`. */
  readonly location: string;
  /** Last part of the repository's name. */
  readonly name: string;
}

/**
 * Opens a model that another tool has pushed to a registry, or a layout.
 *
 * @param format - what it is meant to be.
 * @throws {@link SourceError} `SOURCE_INVALID` when it is something else.
 */
export async function openRegistryModel(
  place: RegistryPlace,
  format: ModelFormat,
  options: CallOptions = {},
): Promise<SourceModel> {
  const { store, descriptor, location, name } = place;
  const view = await readModel(store, descriptor, options);
  if (view.format !== format) {
    throw new SourceError("SOURCE_INVALID", `${location} is ${view.format}, expected ${format}`);
  }
  const url = view.annotations[annotationKeys.source];
  const revision = view.annotations[annotationKeys.revision];
  return {
    ...{ source: format, location, name },
    ...(url ? { url } : {}),
    ...(revision ? { revision } : {}),
    imported: { source: format, location },
    bring: async (scratch, { onEvent, signal } = {}) => {
      const { directory } = await pullModel(store, descriptor, scratch, { onEvent, signal });
      return { directory };
    },
    evidence: async (directory, { now }) => cardEvidence(await readmeIn(directory), now),
  };
}
