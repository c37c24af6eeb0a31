import { ContentError } from "../base/errors.ts";
import type { CallOptions, ReadOnlyGraphTarget } from "./content.ts";
import type { Descriptor } from "./descriptor.ts";
import { graphDepthLimit, graphNodeLimit } from "./limits.ts";
import type { Manifest } from "./manifest.ts";

/** Everything a manifest names, in the order a copy must push it; its `subject` first. */
export function successors(manifest: Manifest): readonly Descriptor[] {
  const subject = manifest.value.subject ? [manifest.value.subject] : [];
  if (manifest.kind === "index") return [...subject, ...manifest.value.manifests];
  return [...subject, manifest.value.config, ...manifest.value.layers];
}

/** One manifest and what refers to it. */
export interface ReferrerNode {
  readonly descriptor: Descriptor;
  readonly referrers: readonly ReferrerNode[];
}

/**
 * Walks the referrer graph below a manifest, depth first. A manifest is visited once, so cycles end.
 *
 * @throws {@link ContentError} `LIMIT_EXCEEDED` when the graph is larger than the named limits.
 */
export async function referrerTree(
  store: ReadOnlyGraphTarget,
  root: Descriptor,
  options?: CallOptions,
): Promise<ReferrerNode> {
  const seen = new Set<string>([root.digest]);
  const visit = async (descriptor: Descriptor, depth: number): Promise<ReferrerNode> => {
    if (depth > graphDepthLimit || seen.size > graphNodeLimit) {
      throw new ContentError(
        "LIMIT_EXCEEDED",
        `referrer graph of ${root.digest} is deeper than ${graphDepthLimit} or larger than ${graphNodeLimit}`,
      );
    }
    const referrers: ReferrerNode[] = [];
    for await (const referrer of store.referrers(descriptor, options)) {
      if (seen.has(referrer.digest)) continue;
      seen.add(referrer.digest);
      referrers.push(await visit(referrer, depth + 1));
    }
    return { descriptor, referrers };
  };
  return visit(root, 0);
}
