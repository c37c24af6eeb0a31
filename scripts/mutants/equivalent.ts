/** A mutant that no test can find, because it changes no behaviour. */
export interface Equivalent {
  readonly file: string;
  /** The whole line, trimmed. */
  readonly line: string;
  /** As the run prints it. */
  readonly change: string;
  readonly reason: string;
}

export const equivalents: readonly Equivalent[] = [];
