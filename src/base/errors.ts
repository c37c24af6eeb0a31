/**
 * The base of every error that mreg throws on purpose.
 *
 * A code names what the caller can do differently; facts that a caller may branch on are typed fields of the
 * subclass; `cause` keeps whatever was caught. Messages start lower-case and give the received and the expected value.
 */
export abstract class MregError extends Error {
  abstract readonly code: string;
  /** Duck-typing brand, so that two copies of the package in one process recognise each other's errors. */
  readonly isMregError = true;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Tells whether `error` was thrown on purpose by any copy of mreg. */
export function isMregError(error: unknown): error is MregError {
  return error instanceof Error && (error as Partial<MregError>).isMregError === true;
}

/** Tells whether `error` is an mreg error with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): error is MregError {
  return isMregError(error) && codes.includes(error.code);
}

export type ContentErrorCode = "DIGEST_MISMATCH" | "SIZE_MISMATCH" | "TRAILING_DATA" | "LIMIT_EXCEEDED";

/** Bytes are not what their descriptor says, or more than a named limit allows. */
export class ContentError extends MregError {
  readonly code: ContentErrorCode;

  constructor(code: ContentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
