import { z } from "zod";
import { digestHex } from "../base/digest.ts";
import type { Descriptor } from "../oci/descriptor.ts";

/** The only payload type mreg signs or accepts inside an envelope. */
export const inTotoPayloadType = "application/vnd.in-toto+json";

export const statementType = "https://in-toto.io/Statement/v1";

const subjectDescriptor = z.strictObject({
  name: z.string().optional(),
  uri: z.string().optional(),
  // sigstore-go hex-decodes every digest value; one that is not hex fails the whole bundle there.
  digest: z.record(z.string().min(1), z.string().regex(/^(?:[0-9a-f]{2})+$/)),
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
  // sigstore-go accepts at most 1,024 subjects.
  subject: z.array(subjectDescriptor).min(1).max(1024),
  predicateType: z.url(),
  predicate: z.record(z.string(), z.unknown()),
});
export type Statement = Readonly<z.infer<typeof Statement>>;

export interface StatementInput {
  /** The manifest the statement speaks of. */
  readonly subject: Descriptor;
  /** Repository name, for people; verifiers match on the digest alone. */
  readonly name?: string;
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
}

/** Builds a statement about one manifest. */
export function makeStatement({ subject, name, predicateType, predicate }: StatementInput): Statement {
  const algorithm = subject.digest.slice(0, subject.digest.indexOf(":"));
  return {
    _type: statementType,
    subject: [{ ...(name === undefined ? {} : { name }), digest: { [algorithm]: digestHex(subject.digest) } }],
    predicateType,
    predicate,
  };
}
