import type { Digest } from "../base/digest.ts";
import { MregError } from "../base/errors.ts";

export type InvalidInputErrorCode = "INVALID_REFERENCE" | "INVALID_DIGEST" | "INVALID_DESCRIPTOR" | "INVALID_MANIFEST";

/** Something that came from outside has not the form the OCI specifications demand. */
export class InvalidInputError extends MregError {
  readonly code: InvalidInputErrorCode;

  constructor(code: InvalidInputErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type StoreErrorCode = "NOT_FOUND" | "ALREADY_EXISTS" | "UNSUPPORTED" | "CONFLICT" | "LOCKED";

/**
 * A store cannot do what was asked of it.
 *
 * `CONFLICT` means that somebody else got there first: read again and decide again. `LOCKED` means that another process
 * is writing: try again. `ALREADY_EXISTS` means that a directory holds other files under the names to be written:
 * choose another one, or say that they may be overwritten. `NOT_FOUND` over a registry has the registry's own error as
 * its cause.
 */
export class StoreError extends MregError {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type CopyErrorCode = "COPY_FAILED";

/** What was being done when a copy failed. */
export type CopyOperation = "fetch" | "list" | "push" | "tag";

export interface CopyErrorFacts {
  readonly operation: CopyOperation;
  /** Whose fault it is, so that nobody searches at the wrong end. */
  readonly side: "source" | "destination";
  readonly descriptor: { readonly mediaType: string; readonly digest: Digest; readonly size: number };
  readonly cause: unknown;
}

/**
 * A copy stopped. What had arrived stays, and the same copy run again goes on from there.
 *
 * `cause` says what the caller can do about it: its code is the store's own.
 */
export class CopyError extends MregError {
  readonly code: CopyErrorCode = "COPY_FAILED";
  readonly operation: CopyOperation;
  readonly side: "source" | "destination";
  readonly descriptor: CopyErrorFacts["descriptor"];

  constructor({ operation, side, descriptor, cause }: CopyErrorFacts) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the ${side} failed to ${operation} ${descriptor.digest}: ${reason}`, { cause });
    this.operation = operation;
    this.side = side;
    this.descriptor = descriptor;
  }
}
