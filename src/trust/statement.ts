import { z } from "zod";
import { type Digest, digestAlgorithm, digestHex } from "../base/digest.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseDocument } from "./document.ts";
import { SigningError } from "./errors.ts";
import { statementDigestLimit, statementSubjectLimit } from "./limits.ts";

/** The only payload type mreg signs or accepts inside an envelope. */
export const inTotoPayloadType = "application/vnd.in-toto+json";

export const statementType = "https://in-toto.io/Statement/v1";

const subjectDescriptor = z.strictObject({
  name: z.string().optional(),
  uri: z.string().optional(),
  // sigstore-go hex-decodes every digest value; one that is not hex fails the whole bundle there.
  digest: z
    .record(z.string().min(1), z.string().regex(/^(?:[0-9a-f]{2})+$/))
    .refine((digests) => Object.keys(digests).length <= statementDigestLimit, "too many digests"),
  content: z.string().optional(),
  downloadLocation: z.string().optional(),
  mediaType: z.string().optional(),
  annotations: z.record(z.string(), z.unknown()).optional(),
});

/**
 * An in-toto statement. Strict about its own keys, because cosign's protojson refuses unknown ones, and open about the
 * predicate, which belongs to its predicate type.
 *
 * `cosign attest` still writes v0.1, which differs in nothing that matters here.
 *
 * @see {@link https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/statement.md}
 */
export const Statement = z.strictObject({
  _type: z.enum([statementType, "https://in-toto.io/Statement/v0.1"]),
  subject: z.array(subjectDescriptor).min(1).max(statementSubjectLimit),
  predicateType: z.url(),
  predicate: z.record(z.string(), z.unknown()),
});
export type Statement = Readonly<z.infer<typeof Statement>>;

export interface StatementInput {
  /** The manifest the statement speaks of. */
  readonly subject: Pick<Descriptor, "digest">;
  /** Repository name, for people; verifiers match on the digest alone. */
  readonly name?: string;
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
}

/** Builds a statement about one manifest. */
export function makeStatement({ subject, name, predicateType, predicate }: StatementInput): Statement {
  const digest = { [digestAlgorithm(subject.digest)]: digestHex(subject.digest) };
  return {
    _type: statementType,
    subject: [{ ...(name === undefined ? {} : { name }), digest }],
    predicateType,
    predicate,
  };
}

/** Tells whether a statement speaks of this content: names never count, and one matching subject is enough. */
export function isAbout(statement: Statement, digest: Digest): boolean {
  const algorithm = digestAlgorithm(digest);
  return statement.subject.some((subject) => subject.digest[algorithm] === digestHex(digest));
}

/**
 * Reads a statement from the bytes that were signed.
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID` when it is no statement: a signature proves who, not what.
 */
export function parseStatement(payload: Uint8Array): Statement {
  return parseDocument(payload, Statement, "in-toto statement");
}

/**
 * Writes the bytes to sign.
 *
 * `JSON.stringify` turns NaN into null and drops functions; here that is refused, because what is signed must be what
 * was said. Keys whose value is undefined are left out.
 *
 * @throws {@link SigningError} `STATEMENT_INVALID`.
 */
export function writeStatement(statement: Statement): Uint8Array {
  try {
    const payload = Buffer.from(JSON.stringify(statement, refuseLossyValues));
    parseStatement(payload);
    return payload;
  } catch (cause) {
    throw new SigningError("STATEMENT_INVALID", `not a statement to sign: ${(cause as Error).message}`, { cause });
  }
}

/** Half a character. Go replaces or refuses it, which would make two statements of one. */
const loneSurrogate = /\p{Surrogate}/u;

function refuseLossyValues(key: string, value: unknown): unknown {
  const isLossy =
    ["function", "symbol", "bigint"].includes(typeof value) ||
    (typeof value === "number" && !Number.isFinite(value)) ||
    (typeof value === "string" && loneSurrogate.test(value));
  if (isLossy || loneSurrogate.test(key)) {
    throw new TypeError(`${JSON.stringify(key)} holds ${typeof value} ${String(value)}, which JSON cannot carry`);
  }
  return value;
}
