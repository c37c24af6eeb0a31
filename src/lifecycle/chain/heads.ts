import type { CallOptions } from "../../oci/content.ts";
import type { Chain } from "./fold.ts";

/** What a reader has verified before, to go on from. */
export interface RememberedHead {
  /** SHA-256 of the policy file that it was verified by. */
  readonly policy: string;
  /** Number of records; at least 1. */
  readonly sequence: number;
  /** Of the manifest that carries the newest of them. */
  readonly digest: string;
  /** The chain up to there, when it was verified by the policy asked for. */
  readonly chain?: Chain;
}

/**
 * Where heads are remembered: on a disk of the reader's own, which is as much to be trusted as the reader.
 *
 * Both are best effort. A head that cannot be read is none, and the chain is verified from its first record on.
 */
export interface HeadStore {
  read(location: string, context: Pick<Chain, "model" | "policy">): Promise<RememberedHead | undefined>;
  /** Remembers the head of a verified chain; never an older one of the same history. */
  write(location: string, chain: Chain): Promise<void>;
}

export interface ChainOptions extends CallOptions {
  /** Without it, every reading is the first one. */
  readonly heads?: HeadStore | undefined;
}
