import { ContentError, hasCode } from "../../base/errors.ts";
import type { CallOptions, ReadOnlyGraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { verifiedReferrerLimit } from "../limits.ts";
import { signatureTag } from "./signature-tag.ts";

/** Artifact types of the manifests that cosign's experiment of 2023, and Tekton Chains, attach to the subject. */
const referrerTypes: readonly (string | undefined)[] = [
  "application/vnd.dev.cosign.artifact.sig.v1+json",
  "application/vnd.in-toto+json",
];

/** A manifest whose layers are signatures. */
export interface LegacyManifest {
  readonly descriptor: Descriptor;
  readonly found: "tag" | "referrer";
}

/**
 * Finds the manifests that older tools keep signatures and attestations of a subject in: two tags, and referrers.
 *
 * A list says what its entries are, and may hide one by lying; it cannot make a signature of one.
 *
 * @throws {@link ContentError} `LIMIT_EXCEEDED` when more refers to the subject than anybody could have meant.
 */
export async function locateLegacy(
  store: ReadOnlyGraphTarget,
  subject: Descriptor,
  options?: CallOptions,
): Promise<readonly LegacyManifest[]> {
  const found: LegacyManifest[] = [];
  for (const suffix of ["sig", "att"] as const) {
    const descriptor = await resolveIfThere(store, signatureTag(subject.digest, suffix), options);
    if (descriptor) found.push({ descriptor, found: "tag" });
  }
  let count = 0;
  for await (const referrer of store.referrers(subject, options)) {
    if (++count > verifiedReferrerLimit) {
      throw new ContentError(
        "LIMIT_EXCEEDED",
        `more than ${verifiedReferrerLimit} manifests refer to ${subject.digest}`,
      );
    }
    const isKnown = found.some(({ descriptor }) => descriptor.digest === referrer.digest);
    if (referrerTypes.includes(referrer.artifactType) && !isKnown) {
      found.push({ descriptor: referrer, found: "referrer" });
    }
  }
  return found;
}

async function resolveIfThere(
  store: ReadOnlyGraphTarget,
  tag: string,
  options?: CallOptions,
): Promise<Descriptor | undefined> {
  try {
    return await store.resolve(tag, options);
  } catch (error) {
    if (hasCode(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}
