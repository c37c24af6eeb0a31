import { randomUUID } from "node:crypto";
import type { CallOptions } from "../../oci/content.ts";
import { StoreError } from "../../oci/errors.ts";
import { emptyJson, packManifest } from "../../oci/pack.ts";
import type { RemoteBlobs } from "./blobs.ts";
import type { HarborApi } from "./harbor.ts";
import { hasStatus } from "./http/error.ts";
import type { ReadManifest, RemoteManifests } from "./manifests.ts";
import { storeError } from "./store-error.ts";

/** How registries say that they do not delete tags: docker-registry 2.8 and Harbor 400, others 405. */
const refusedStatuses: readonly number[] = [400, 405];

/** Manifests that one tag is moved to before it is given up. */
const dummyLimit = 3;

export interface UntagParts {
  /** Full name on the registry. */
  readonly repository: string;
  readonly manifests: RemoteManifests;
  readonly blobs: Pick<RemoteBlobs, "push">;
  readonly harbor: HarborApi;
  readonly allowDummyManifest: boolean;
}

/**
 * Removes a tag and nothing else: by the specification's DELETE, else by Harbor's own API, else, if the user allows
 * it, by way of a manifest that takes the tag with it.
 *
 * @throws {@link StoreError} `NOT_FOUND`, or `UNSUPPORTED` where none of them works.
 */
export async function untag(parts: UntagParts, tag: string, options: CallOptions): Promise<void> {
  const { manifests, harbor, repository } = parts;
  try {
    return await manifests.delete(tag, options);
  } catch (error) {
    if (!hasStatus(error, ...refusedStatuses)) throw storeError(error, `tag ${tag}`);
    try {
      if (await harbor.isThere()) return await harbor.untag(repository, tag, options);
    } catch (harborError) {
      throw storeError(harborError, `tag ${tag}`, refusedStatuses);
    }
    if (parts.allowDummyManifest) return untagWithDummy(parts, tag, options);
    throw storeError(error, `tag ${tag}`, refusedStatuses);
  }
}

/**
 * Moves the tag to a manifest that nobody else has, and deletes that by digest, which takes its tags along.
 *
 * What the tag named stays. Between the two requests the tag names the dummy; where the deletion is refused, it is
 * put back. docker-registry fails at times when two tags are removed at once, with the manifest gone and the tag left:
 * then the deletion that is sent again finds nothing, and everything starts over with another dummy.
 */
async function untagWithDummy({ manifests, blobs }: UntagParts, tag: string, options: CallOptions): Promise<void> {
  const original = await manifests.read(tag, options);
  if (!original) throw new StoreError("NOT_FOUND", `tag ${tag} is not there`);
  await blobs.push(emptyJson, options);
  options.signal?.throwIfAborted();
  // From here on without the signal: an abort in between would leave the tag on the dummy.
  for (let attempt = 1; ; attempt++) {
    const dummy = newDummy();
    await manifests.put(dummy, tag);
    try {
      await manifests.delete(dummy.descriptor.digest);
      if (!(await isAt(manifests, tag, dummy))) return;
      throw new StoreError("UNSUPPORTED", `the registry does not remove tag ${tag} with its manifest`);
    } catch (cause) {
      await manifests.put(original, tag);
      if (hasStatus(cause, 404) && attempt < dummyLimit) continue;
      if (!hasStatus(cause, 404, ...refusedStatuses)) throw cause;
      throw new StoreError("UNSUPPORTED", `the registry does not remove tag ${tag} with its manifest`, { cause });
    }
  }
}

/** Two of them with one digest would take each other's tags along. */
function newDummy() {
  const annotations = { "dev.mreg.untag": randomUUID() };
  return packManifest({ artifactType: "application/vnd.mreg.untag.v1+json", layers: [], annotations });
}

async function isAt(manifests: RemoteManifests, tag: string, { descriptor }: Pick<ReadManifest, "descriptor">) {
  return (await manifests.read(tag))?.descriptor.digest === descriptor.digest;
}
