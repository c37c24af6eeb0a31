import type { Descriptor } from "../../oci/descriptor.ts";
import { imageIndexAt } from "../../oci/manifest.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import type { HttpResponse } from "./http/response.ts";
import { listPageLimitBytes } from "./limits.ts";

/** One page of what the referrers API answers. */
export interface ReferrersPage {
  readonly entries: readonly Descriptor[];
  /**
   * What was done about the artifact type asked for: `applied` as the specification has it, nothing, or `draft`, which
   * compared it with the type of the config and has left out what the specification would list.
   */
  readonly filter: "applied" | "none" | "draft";
}

/** How drafts of the specification said that they filtered; the release says it in a header. */
const draftAnnotations = [
  "org.opencontainers.references.filtersApplied",
  "org.opencontainers.referrers.filtersApplied",
];

/** @throws RegistryError `BAD_RESPONSE` for JSON that is no index. */
export async function readReferrersPage(response: HttpResponse): Promise<ReferrersPage> {
  const json = await response.json(listPageLimitBytes);
  try {
    const { annotations = {}, manifests: entries } = imageIndexAt(json);
    const isDraft = draftAnnotations.some((name) => Object.hasOwn(annotations, name));
    return { entries, filter: saysFiltered(response) ? "applied" : isDraft ? "draft" : "none" };
  } catch (cause) {
    throw response.error("BAD_RESPONSE", "answered JSON that is no index of referrers", { cause });
  }
}

/**
 * Tells that an entry says too little: the type of the empty config stands where the artifact type should, which the
 * specification never has, and its draft of 2022 (zot 1.4) always.
 */
export function isIncomplete({ artifactType }: Descriptor): boolean {
  return artifactType === mediaTypes.emptyJson;
}

function saysFiltered(response: HttpResponse): boolean {
  const applied = response.headerLines("oci-filters-applied").flatMap((line) => line.split(","));
  return applied.some((name) => name.trim() === "artifactType");
}
