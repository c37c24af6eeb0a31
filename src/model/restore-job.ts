import type { MessagePort } from "node:worker_threads";
import type { MemberShares } from "./member-shares.ts";

/** What is asked of the thread that writes files beside the one that calls. */
export interface RestoreJob {
  readonly shares: MemberShares;
  /** Gets each share when its files are complete, and then one of the other two. */
  readonly answerTo: MessagePort;
}

export type RestoreAnswer =
  | { readonly share: number }
  | { readonly isDone: true }
  /** Errors lose their class on the way between threads. */
  | { readonly failed: { readonly code: string; readonly message: string } };
