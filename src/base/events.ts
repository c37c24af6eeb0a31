/**
 * What happens during long work, for whoever wants to show it. Library code emits, never prints.
 * Every count is a number of bytes. `mounted`: the registry took the content from a repository next door.
 */
export type TransferEvent =
  | { readonly type: "begin"; readonly phase: TransferPhase; readonly files: number; readonly bytes: number }
  /** More work was found on the way; adds to what `begin` said. */
  | { readonly type: "more"; readonly phase: TransferPhase; readonly files: number; readonly bytes: number }
  | { readonly type: "bytes"; readonly phase: TransferPhase; readonly path: string; readonly bytes: number }
  | {
      readonly type: "file";
      readonly phase: TransferPhase;
      readonly path: string;
      readonly outcome: TransferOutcome | "mounted";
    }
  | { readonly type: "end"; readonly phase: TransferPhase }
  | { readonly type: "retry"; readonly subject: string; readonly attempt: number; readonly reason: string };

export type TransferPhase = "hash" | "push" | "pull" | "copy";

/** `present`: it was there already, nothing moved. */
export type TransferOutcome = "done" | "present";

export type TransferListener = (event: TransferEvent) => void;
