import { MregError } from "../../../base/errors.ts";
import { type HttpUrl, redactUrl } from "./url.ts";

export type RegistryErrorCode =
  | "UNAUTHORIZED"
  | "DENIED"
  | "RATE_LIMITED"
  | "UNAVAILABLE"
  | "BAD_RESPONSE"
  | "REDIRECT_REFUSED"
  | "CERTIFICATE_REFUSED"
  | "NETWORK"
  | "TIMEOUT";

export interface RegistryErrorFacts {
  /** Of the request that failed; absent when none was made, as when a credential helper fails. */
  readonly method?: string;
  /** Redacted before it is kept or shown. */
  readonly url?: HttpUrl;
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** Codes of the registry's own error envelope, such as `NAME_UNKNOWN`. Its word, never proof. */
  readonly registryCodes?: readonly string[];
  readonly isTemporary?: boolean;
  readonly cause?: unknown;
}

/**
 * A registry, its token server or the way to them failed.
 *
 * `UNAUTHORIZED`: other credentials may help. `DENIED`: they will not. `RATE_LIMITED`, `UNAVAILABLE`, `TIMEOUT`: later
 * may help. `NETWORK`: nobody answered. `BAD_RESPONSE`: an answer that the protocol does not allow, or a refusal that
 * no other code covers. `REDIRECT_REFUSED`: the registry pointed somewhere mreg will not go. `CERTIFICATE_REFUSED`: one
 * side does not accept the other's certificate.
 */
export class RegistryError extends MregError {
  readonly code: RegistryErrorCode;
  /** HTTP method; undefined when no request was made. */
  readonly method: string | undefined;
  /** Without query, fragment or user information. */
  readonly url: string | undefined;
  readonly status: number | undefined;
  /** What the registry asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly registryCodes: readonly string[];
  /** The same request may succeed later. */
  readonly isTemporary: boolean;

  constructor(code: RegistryErrorCode, message: string, facts: RegistryErrorFacts) {
    const url = facts.url && redactUrl(facts.url);
    super(
      url ? `${facts.method} ${url}: ${message}` : message,
      facts.cause === undefined ? {} : { cause: facts.cause },
    );
    this.code = code;
    this.method = facts.method;
    this.url = url;
    this.status = facts.status;
    this.retryAfterMs = facts.retryAfterMs;
    this.registryCodes = facts.registryCodes ?? [];
    this.isTemporary = facts.isTemporary ?? ["RATE_LIMITED", "UNAVAILABLE", "NETWORK", "TIMEOUT"].includes(code);
  }
}

/** Tells whether `error` is a registry's answer with one of these statuses. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): error is RegistryError {
  return error instanceof RegistryError && error.status !== undefined && statuses.includes(error.status);
}
