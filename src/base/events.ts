/**
 * What happens during long work, for whoever wants to show it. Library code emits, never prints.
 * Every count is a number of bytes, every time a number of milliseconds. Phases may overlap: a file is sent while it is
 * being hashed. `mounted`: the registry took the content from a repository next door.
 */
export type TransferEvent =
  | { readonly type: "begin"; readonly phase: TransferPhase; readonly files: number; readonly bytes: number }
  /** More work was found on the way; adds to what `begin` said. */
  | { readonly type: "more"; readonly phase: TransferPhase; readonly files: number; readonly bytes: number }
  /** Bytes moved since the last such event; negative when a transfer starts over. */
  | { readonly type: "bytes"; readonly phase: TransferPhase; readonly path: string; readonly bytes: number }
  | {
      readonly type: "file";
      readonly phase: TransferPhase;
      readonly path: string;
      readonly outcome: TransferOutcome | "mounted";
    }
  | { readonly type: "end"; readonly phase: TransferPhase }
  /** Something failed for a reason that may pass, and is tried again; a `wait` may come between. */
  | { readonly type: "retry"; readonly subject: string; readonly attempt: number; readonly reason: string }
  /** Work on `subject` stands still; `resume` follows, also when it is then given up. `waitMs` where that is known. */
  | { readonly type: "wait"; readonly subject: string; readonly cause: WaitCause; readonly waitMs?: number }
  | { readonly type: "resume"; readonly subject: string };

/** What is being done: hashing, sending, receiving, or both of the last two. */
export type TransferPhase = "hash" | "push" | "pull" | "copy";

/** `registry`: it asked for it (Retry-After). `backoff`: our own pause before a retry. `budget`: others go first. */
export type WaitCause = "registry" | "backoff" | "budget";

/** `present`: it was there already, nothing moved. */
export type TransferOutcome = "done" | "present";

export type TransferListener = (event: TransferEvent) => void;
