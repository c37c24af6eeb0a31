import { MregError } from "../base/errors.ts";

/** The command line, or a file it reads, does not say what to do. */
export class UsageError extends MregError {
  readonly code = "USAGE";
}
