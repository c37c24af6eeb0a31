import type { MessagePort } from "node:worker_threads";
import type { Digest, DigestAlgorithm } from "../base/digest.ts";

/** What a follower asks of its thread. */
export interface FollowJob {
  readonly location: string;
  /** Bytes to hash from the start. */
  readonly size: number;
  readonly algorithm: DigestAlgorithm;
  /**
   * One cell: how many bytes from the start are written, or {@link followStop}. Cheaper to change than a message is to
   * send.
   */
  readonly frontier: BigInt64Array<SharedArrayBuffer>;
  /** Gets one {@link FollowAnswer}. */
  readonly answerTo: MessagePort;
}

export type FollowAnswer =
  | { readonly digest: Digest }
  | { readonly stopped: true }
  | { readonly failed: { readonly code: string; readonly message: string } };

export const followStop = -1n;

/** Hashed at a time: what was just written is in the processor's cache still. */
export const followStepBytes = 1024 * 1024;
