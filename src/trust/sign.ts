import { type Clock, timestamp } from "../base/clock.ts";
import { attach } from "../oci/attach.ts";
import type { CallOptions, GraphTarget } from "../oci/content.ts";
import { type Descriptor, describe } from "../oci/descriptor.ts";
import { annotationKeys } from "../oci/media-types.ts";
import { bytesSource } from "../oci/source.ts";
import { bundleMediaType, writeBundle } from "./bundle.ts";
import { signEnvelope } from "./envelope.ts";
import { SigningError } from "./errors.ts";
import type { Signer } from "./signer.ts";
import { isAbout, type Statement, writeStatement } from "./statement.ts";

/** Predicate type of a plain signature, whose predicate is `{}`: what `cosign sign` writes. */
export const signPredicateType = "https://sigstore.dev/cosign/sign/v1";

/** Annotations of an attached bundle. For lists and people; no verifier believes them. */
const contentAnnotation = "dev.sigstore.bundle.content";
const predicateTypeAnnotation = "dev.sigstore.bundle.predicateType";

export interface SignOptions extends CallOptions {
  readonly signer: Signer;
  /** Gives the time of attachment, in whole seconds; it stands in an annotation and is not signed. */
  readonly clock: Clock;
}

/**
 * Signs a statement and attaches it to the manifest it speaks of, in the layout of cosign 3.
 *
 * Nothing is written when signing fails. The bundle's manifest goes last, so that a reader never sees half of it.
 *
 * @param subject - the manifest; one of the statement's subjects must be its digest.
 * @returns the descriptor of the manifest that carries the bundle: the name of this statement in records.
 * @throws {@link SigningError} `STATEMENT_INVALID`.
 * @see {@link https://github.com/sigstore/cosign/blob/v3.1.2/specs/BUNDLE_SPEC.md}
 */
export async function signStatement(
  store: GraphTarget,
  subject: Descriptor,
  statement: Statement,
  options: SignOptions,
): Promise<Descriptor> {
  if (!isAbout(statement, subject.digest)) {
    throw new SigningError("STATEMENT_INVALID", `the statement does not speak of ${subject.digest}`);
  }
  return attachSigned(store, subject, statement, options);
}

/** Signs a statement and attaches it, whatever it speaks of. {@link signStatement} is for everything but OMS. */
export async function attachSigned(
  store: GraphTarget,
  subject: Descriptor,
  statement: Statement,
  { signer, clock, hint, signal }: SignOptions & { readonly hint?: string },
): Promise<Descriptor> {
  const payload = writeStatement(statement);
  signal?.throwIfAborted();
  const envelope = await signEnvelope(payload, signer);
  const bundle = writeBundle(envelope, signer.publicKey, await signer.prove?.(envelope, { signal }), hint);
  const attachment = {
    artifactType: bundleMediaType,
    layers: [bytesSource(describe(bundleMediaType, bundle), bundle)],
    annotations: {
      [contentAnnotation]: "dsse-envelope",
      [predicateTypeAnnotation]: statement.predicateType,
      [annotationKeys.created]: timestamp(clock()),
    },
  };
  return attach(store, subject, attachment, { signal });
}
