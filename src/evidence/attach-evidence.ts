import type { Clock } from "../base/clock.ts";
import { attach } from "../oci/attach.ts";
import type { GraphTarget } from "../oci/content.ts";
import { type Descriptor, describe } from "../oci/descriptor.ts";
import { annotationKeys } from "../oci/media-types.ts";
import { bytesSource } from "../oci/source.ts";
import { signStatement } from "../trust/sign.ts";
import type { Signer } from "../trust/signer.ts";
import { makeStatement } from "../trust/statement.ts";
import { checkDraft, type EvidenceDraft } from "./draft.ts";

/** Artifact type of the manifest that carries the files behind a statement. */
export const evidenceArtifactType = "application/vnd.mreg.evidence.v1+json";

/** What kind of evidence such a manifest holds; a hint for lists, never proof. */
export const kindAnnotation = "dev.mreg.kind";

export interface AttachEvidenceOptions {
  /** Repository name, for the people who read the statement. */
  readonly name: string;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface AttachedEvidence {
  /** The manifest that carries the signed statement; its digest is how records name this evidence. */
  readonly statement: Descriptor;
  /** The manifest that carries the files, when there are any. */
  readonly files?: Descriptor;
}

/**
 * Attaches files to a model, all in one manifest, and then the signed statement that names them by digest.
 *
 * In this order, so that no statement points at files that are not there. Files left behind by a failure mean nothing,
 * and are found to be there already when it is tried again.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID` when the predicate is not what its schema demands; nothing is
 * written.
 * @throws {@link SigningError} when the statement cannot be signed.
 */
export async function attachEvidence(
  store: GraphTarget,
  subject: Descriptor,
  draft: EvidenceDraft,
  options: AttachEvidenceOptions,
): Promise<AttachedEvidence> {
  checkDraft(draft);
  const { name, signer, clock, signal } = options;
  const files = draft.files.length > 0 ? await attachFiles(store, subject, draft, signal) : undefined;
  const { predicateType, predicate } = draft;
  const statement = makeStatement({ subject, name, predicateType, predicate });
  return {
    statement: await signStatement(store, subject, statement, { signer, clock, signal }),
    ...(files ? { files } : {}),
  };
}

function attachFiles(store: GraphTarget, subject: Descriptor, draft: EvidenceDraft, signal: AbortSignal | undefined) {
  const layers = draft.files.map(({ path, mediaType, bytes }) =>
    bytesSource(describe(mediaType, bytes, { [annotationKeys.title]: path }), bytes),
  );
  const attachment = { artifactType: evidenceArtifactType, layers, annotations: { [kindAnnotation]: draft.kind } };
  return attach(store, subject, attachment, { signal });
}
