import type { TransferListener } from "../base/events.ts";
import type { CallOptions, Mounter, ReadOnlyTarget, ReferrerLister, Target } from "./content.ts";
import { Copier } from "./copy-graph.ts";
import type { Descriptor } from "./descriptor.ts";

/** Where a copy reads from. Only one that lists referrers can have them copied. */
export type CopySource = ReadOnlyTarget & Partial<ReferrerLister>;

/** Where a copy writes to. What it can do beyond {@link Target} saves requests and bytes. */
export type CopyDestination = Target & Partial<ReferrerLister & Mounter>;

export interface CopyOptions extends CallOptions {
  /** Also everything attached to the root and to what it holds, and what is attached to that. Default false. */
  readonly referrers?: boolean;
  /** Requests in flight, manifests and blobs together. Default 4. */
  readonly concurrency?: number | undefined;
  /** Repository of the destination's registry that has the blobs: they are mounted where the registry does that. */
  readonly mountFrom?: string | undefined;
  readonly onEvent?: TransferListener | undefined;
}

export interface TaggedCopyOptions extends CopyOptions {
  /** Written at the destination after everything else. */
  readonly tag?: string | undefined;
  /** Write the tag once: taken for other content is a `CONFLICT`. Default false. */
  readonly once?: boolean;
}

/** What could not be copied, and that is no failure. */
export interface SkippedContent {
  readonly descriptor: Descriptor;
  /**
   * `foreign`: a layer that the source does not hold, only the address it could be had from; addresses in a manifest
   * are an attacker's and are never followed. `missing`: on the source's list of referrers, but gone.
   */
  readonly reason: "foreign" | "missing";
}

export interface CopyReport {
  readonly manifests: { readonly copied: number; readonly present: number };
  readonly blobs: { readonly copied: number; readonly mounted: number; readonly present: number };
  /** Sent to the destination. */
  readonly bytes: number;
  readonly skipped: readonly SkippedContent[];
}

/**
 * Copies a manifest and everything it names from one store to another, then its referrers on request, the tag last.
 *
 * Content comes before the manifest that names it, so that whatever is visible at the destination is complete. That a
 * manifest is there already proves nothing about its children, since another copy may have died, or a registry may have
 * swept: each is looked for, once, and missing ones are sent. Bytes are verified on the way; blobs are never buffered,
 * and a failed copy run again moves only what is missing. The `subject` of an attachment is not copied along.
 *
 * @param root - as the source resolves it.
 * @throws {@link CopyError} `COPY_FAILED` with the side, the operation and the store's own error as its cause.
 * @throws {@link ContentError} `LIMIT_EXCEEDED` when the graph is larger than the named limits.
 */
export async function copy(
  source: CopySource,
  destination: CopyDestination,
  root: Descriptor,
  options: TaggedCopyOptions = {},
): Promise<CopyReport> {
  const copier = new Copier(source, destination, options);
  await copier.copy([root]);
  if (options.tag !== undefined) await copier.tag(root, options.tag, options.once);
  return copier.end();
}
