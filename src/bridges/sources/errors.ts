import { MregError } from "../../base/errors.ts";

export type SourceErrorCode =
  | "SOURCE_NOT_FOUND"
  | "SOURCE_REFUSED"
  | "SOURCE_UNAVAILABLE"
  | "SOURCE_INVALID"
  | "SOURCE_UNSUPPORTED";

/**
 * A model cannot be brought from where it is.
 *
 * `SOURCE_NOT_FOUND`: it is not there. `SOURCE_REFUSED`: credentials are missing or not enough. `SOURCE_UNAVAILABLE`:
 * nobody answered, worth another try. `SOURCE_INVALID`: the answer is not what the source's API describes, or
 * contradicts itself. `SOURCE_UNSUPPORTED`: mreg has no way to this kind of place; the message says which one there is.
 */
export class SourceError extends MregError {
  readonly code: SourceErrorCode;
  /** Of the answer, when there was one. */
  readonly status: number | undefined;

  constructor(code: SourceErrorCode, message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.code = code;
    this.status = options.status;
  }
}
