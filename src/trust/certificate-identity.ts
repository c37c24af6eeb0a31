import { createHash } from "node:crypto";
import { SigningError } from "./errors.ts";
import type { CertificateIdentity } from "./identity.ts";
import { identityLimitCharacters } from "./limits.ts";

/**
 * Whose certificates a verifier accepts. The issuer is always exact: whoever runs an identity provider can vouch for
 * anybody's name.
 */
export interface IdentityRule {
  readonly issuer: string;
  /** The subject alternative name, or a pattern for it; never a regular expression. */
  readonly subject: string | IdentityPattern;
}

/**
 * A pattern over the whole subject: `*` stands for any characters but `/`, `**` for any at all.
 *
 * @see {@link matchesPattern}
 */
export interface IdentityPattern {
  readonly pattern: string;
}

/**
 * Checks a rule when it is made, so that verification cannot fail for the rule's sake.
 *
 * @throws {@link SigningError} `IDENTITY_INVALID` when it names nobody, or is too long.
 */
export function identityRule({ issuer, subject }: IdentityRule): IdentityRule {
  const text = typeof subject === "string" ? subject : subject.pattern;
  for (const [what, value] of [
    ["issuer", issuer],
    ["identity", text],
  ] as const) {
    if (value === "") throw new SigningError("IDENTITY_INVALID", `the ${what} is empty, expected exactly whose`);
    if (value.length > identityLimitCharacters) {
      throw new SigningError(
        "IDENTITY_INVALID",
        `the ${what} has ${value.length} characters, expected at most ${identityLimitCharacters}`,
      );
    }
  }
  if (typeof subject !== "string" && /^\*+$/.test(text)) {
    throw new SigningError("IDENTITY_INVALID", "the pattern accepts everybody, expected one that names somebody");
  }
  return { issuer, subject };
}

/** Names an identity: equal fingerprints, equal issuer and subject. The prefix keeps it apart from hashes of keys. */
export function describeCertificateIdentity(issuer: string, subject: string): CertificateIdentity {
  const named = JSON.stringify(["sigstore-identity", issuer, subject]);
  return {
    kind: "certificate",
    fingerprint: `sha256:${createHash("sha256").update(named).digest("hex")}`,
    issuer,
    subject,
  };
}

/** Tells whether a rule accepts an identity. */
export function acceptsIdentity({ issuer, subject }: IdentityRule, identity: CertificateIdentity): boolean {
  if (issuer !== identity.issuer) return false;
  if (typeof subject === "string") return subject === identity.subject;
  return matchesPattern(subject.pattern, identity.subject);
}

/**
 * Matches a pattern against a whole text, in time that is at most the product of their lengths.
 *
 * No regular expression: the text comes from a certificate, and whoever can choose it would choose one that backtracks
 * for years. Nothing is unanchored: `acme` does not match `evil/acme`.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  if (text.length > identityLimitCharacters) return false;
  // The places of the text at which the part of the pattern read so far can end.
  let ends = new Uint8Array(text.length + 1);
  ends[0] = 1;
  for (const token of pattern.match(/\*{1,2}|[^*]/gsu) ?? []) {
    const next = new Uint8Array(text.length + 1);
    if (token === "*" || token === "**") {
      for (let at = 0, open = false; at <= text.length; at++) {
        if (token === "*" && text[at - 1] === "/") open = false;
        open ||= ends[at] === 1;
        if (open) next[at] = 1;
      }
    } else {
      for (let at = 0; at + token.length <= text.length; at++) {
        if (ends[at] === 1 && text.startsWith(token, at)) next[at + token.length] = 1;
      }
    }
    ends = next;
  }
  return ends[text.length] === 1;
}
