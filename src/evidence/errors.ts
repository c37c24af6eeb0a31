import { MregError } from "../base/errors.ts";

export type EvidenceErrorCode = "EVIDENCE_INVALID" | "EVIDENCE_INCOMPLETE" | "FORMAT_UNKNOWN";

export interface EvidenceErrorOptions extends ErrorOptions {
  /** Name of the file at fault, without its directory. */
  readonly file?: string;
  /** Names of the fields that are missing, in the file's own spelling; only with `EVIDENCE_INCOMPLETE`. */
  readonly missing?: readonly string[];
}

/**
 * A file cannot become evidence.
 *
 * `FORMAT_UNKNOWN`: no reader knows its shape. `EVIDENCE_INCOMPLETE`: its shape is known and a field that a gate needs
 * is missing. `EVIDENCE_INVALID`: what it says is malformed, contradicts itself or cannot be compared.
 */
export class EvidenceError extends MregError {
  readonly code: EvidenceErrorCode;
  readonly file: string | undefined;
  readonly missing: readonly string[];

  constructor(code: EvidenceErrorCode, message: string, options: EvidenceErrorOptions = {}) {
    super(options.file === undefined ? message : `${options.file}: ${message}`, options);
    this.code = code;
    this.file = options.file;
    this.missing = options.missing ?? [];
  }
}
