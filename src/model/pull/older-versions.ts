import type { TransferListener } from "../../base/events.ts";
import type { RangeReceiver, ReadOnlyTarget, ReferrerLister } from "../../oci/content.ts";
import type { Delta, DeltaRequest } from "../tensor-index/delta.ts";
import type { PullSource } from "./pull.ts";

export interface OlderVersionsRequest extends Omit<DeltaRequest, "store"> {
  readonly store: PullSource;
}

export interface SearchOptions {
  readonly signal: AbortSignal;
  readonly onEvent?: TransferListener | undefined;
}

/**
 * Looks on this machine for older versions of what is missing, where the store can give the rest; tells about it as
 * hashing.
 */
export async function findOlderVersions(
  { store, ...request }: OlderVersionsRequest,
  { signal, onEvent: emit = () => {} }: SearchOptions,
): Promise<Delta> {
  const { files } = request;
  if (!isIndexed(store) || files.length === 0) return { reuse: new Map(), problems: [] };
  const { planDelta } = await import("../tensor-index/delta.ts");
  const path = "older versions";
  // How much there is to hash is known when it has been found; what is wanted is the best guess.
  emit({ type: "begin", phase: "hash", files: 1, bytes: files.reduce((sum, { size }) => sum + size, 0) });
  const onBytes = (bytes: number) => emit({ type: "bytes", phase: "hash", path, bytes });
  const delta = await planDelta({ store, ...request }, { signal, onBytes });
  emit({ type: "end", phase: "hash" });
  return delta;
}

/** Nothing is saved where a store gives no parts, or from a disk, where a copy of all is as good as a copy of some. */
function isIndexed(store: PullSource): store is ReadOnlyTarget & ReferrerLister & RangeReceiver {
  return "referrers" in store && "receive" in store && !store.isLocal;
}
