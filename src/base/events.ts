/**
 * What happens during long work, for whoever wants to show it. Library code emits, never prints.
 * Every count is a number of bytes.
 */
export type TransferEvent =
  | { readonly type: "begin"; readonly phase: TransferPhase; readonly files: number; readonly bytes: number }
  | { readonly type: "bytes"; readonly phase: TransferPhase; readonly path: string; readonly bytes: number }
  | { readonly type: "file"; readonly phase: TransferPhase; readonly path: string; readonly outcome: TransferOutcome }
  | { readonly type: "end"; readonly phase: TransferPhase }
  | { readonly type: "retry"; readonly subject: string; readonly attempt: number; readonly reason: string };

export type TransferPhase = "hash" | "push" | "pull";

/** `present`: it was there already, nothing moved. */
export type TransferOutcome = "done" | "present";

export type TransferListener = (event: TransferEvent) => void;
