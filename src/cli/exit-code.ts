import { isMregError } from "../base/errors.ts";

/** Exit codes, as ARCHITECTURE.md lists them. Scripts branch on them; they never change meaning. */
export const exitCodes = {
  done: 0,
  unexpected: 1,
  usage: 2,
  denied: 3,
  verification: 4,
  notFound: 5,
  permission: 6,
  conflict: 7,
  registry: 8,
  drift: 9,
  warnings: 10,
  interrupted: 130,
} as const;

/** Which error code ends the program how. Every code of every floor is listed; a test fails when one is not. */
export const exitCodeOf: Readonly<Record<string, number>> = {
  USAGE: exitCodes.usage,
  INVALID_REFERENCE: exitCodes.usage,
  INVALID_DIGEST: exitCodes.usage,
  INVALID_DESCRIPTOR: exitCodes.usage,
  CONFIG_INVALID: exitCodes.usage,
  UNSAFE_FORMAT: exitCodes.usage,
  FILE_MISSING: exitCodes.usage,
  PATH_ESCAPE: exitCodes.usage,
  KEY_INVALID: exitCodes.usage,
  PASSWORD_WRONG: exitCodes.usage,
  STATEMENT_INVALID: exitCodes.usage,
  IDENTITY_INVALID: exitCodes.usage,
  TRUST_ROOT_INVALID: exitCodes.usage,
  EVIDENCE_INVALID: exitCodes.usage,
  EVIDENCE_INCOMPLETE: exitCodes.usage,
  FORMAT_UNKNOWN: exitCodes.usage,
  POLICY_INVALID: exitCodes.usage,
  TRANSITION_UNKNOWN: exitCodes.usage,
  UNSUPPORTED: exitCodes.usage,
  SOURCE_UNSUPPORTED: exitCodes.usage,
  SOURCE_NOT_FOUND: exitCodes.notFound,
  SOURCE_REFUSED: exitCodes.permission,
  SOURCE_UNAVAILABLE: exitCodes.registry,
  SOURCE_INVALID: exitCodes.registry,
  GATE_DENIED: exitCodes.denied,
  NOT_SERVED: exitCodes.denied,
  DIGEST_MISMATCH: exitCodes.verification,
  SIZE_MISMATCH: exitCodes.verification,
  TRAILING_DATA: exitCodes.verification,
  LIMIT_EXCEEDED: exitCodes.verification,
  INVALID_MANIFEST: exitCodes.verification,
  NO_SIGNATURE: exitCodes.verification,
  SIGNATURE_INVALID: exitCodes.verification,
  SUBJECT_MISMATCH: exitCodes.verification,
  IDENTITY_MISMATCH: exitCodes.verification,
  CHAIN_BROKEN: exitCodes.verification,
  NOT_FOUND: exitCodes.notFound,
  UNAUTHORIZED: exitCodes.permission,
  DENIED: exitCodes.permission,
  TOKEN_INVALID: exitCodes.permission,
  SERVICE_REFUSED: exitCodes.permission,
  CONFLICT: exitCodes.conflict,
  ALREADY_EXISTS: exitCodes.conflict,
  STATE_CONFLICT: exitCodes.conflict,
  LOCKED: exitCodes.conflict,
  // When its cause says nothing better: see exitCodeFor.
  COPY_FAILED: exitCodes.unexpected,
  RATE_LIMITED: exitCodes.registry,
  UNAVAILABLE: exitCodes.registry,
  SERVICE_UNAVAILABLE: exitCodes.registry,
  BAD_RESPONSE: exitCodes.registry,
  REDIRECT_REFUSED: exitCodes.registry,
  CERTIFICATE_REFUSED: exitCodes.registry,
  NETWORK: exitCodes.registry,
  TIMEOUT: exitCodes.registry,
};

/** How the program ends when `error` reaches the top. */
export function exitCodeFor(error: unknown): number {
  if (isInterrupt(error)) return exitCodes.interrupted;
  if (!isMregError(error)) return exitCodes.unexpected;
  // A copy fails for the reason that the store at either end had.
  if (error.code === "COPY_FAILED" && isMregError(error.cause)) return exitCodeFor(error.cause);
  return exitCodeOf[error.code] ?? exitCodes.unexpected;
}

/** Tells whether work ended because the user asked for it. */
export function isInterrupt(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
