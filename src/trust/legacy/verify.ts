import { mapConcurrent } from "../../base/concurrency.ts";
import type { Digest } from "../../base/digest.ts";
import { ContentError } from "../../base/errors.ts";
import type { CallOptions, ReadOnlyGraphTarget, ReadOnlyTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { fetchManifest } from "../../oci/fetch-manifest.ts";
import { contentOf } from "../content-verdict.ts";
import { VerificationError } from "../errors.ts";
import { legacySignatureLimit } from "../limits.ts";
import { signPredicateType } from "../sign.ts";
import { findSigner } from "../signer-search.ts";
import { isAbout, makeStatement, parseStatement, type Statement } from "../statement.ts";
import type { Rejection, Verification, VerificationPolicy, VerificationReport } from "../verification.ts";
import { readLayerProofs } from "./layer-proofs.ts";
import { type LegacyManifest, locateLegacy } from "./locate.ts";
import { type LayerSignature, layerKind, readSignatureLayer } from "./signature-layer.ts";
import { parseSimpleSigning } from "./simple-signing.ts";

/** Layers read at a time, as for blobs. */
const concurrency = 4;

interface Subject {
  readonly digest: Digest;
  readonly policy: VerificationPolicy;
}

/**
 * Verifies the signatures and attestations that were made before bundles: cosign's `.sig` and `.att` tags, and the
 * same layers in a manifest attached to the subject.
 *
 * A plain signature is reported as the statement that `cosign sign` makes today, with the signed annotations on its
 * subject; `legacy` says that it was none.
 *
 * @throws {@link ContentError} `LIMIT_EXCEEDED` when there are more signatures than anybody could have meant.
 */
export async function verifyLegacyStatements(
  store: ReadOnlyGraphTarget,
  subject: Descriptor,
  policy: VerificationPolicy,
  options?: CallOptions,
): Promise<VerificationReport> {
  const located = await locateLegacy(store, subject, options);
  const verified: Verification[] = [];
  const rejected: Rejection[] = [];
  for (const manifest of located) {
    for (const result of await verifyManifest(store, manifest, { digest: subject.digest, policy }, options)) {
      if ("error" in result) rejected.push(result);
      else if (policy.predicateType === undefined || result.statement.predicateType === policy.predicateType) {
        verified.push(result);
      }
    }
  }
  return { verified, rejected };
}

async function verifyManifest(
  store: ReadOnlyTarget,
  located: LegacyManifest,
  subject: Subject,
  options?: CallOptions,
): Promise<readonly (Verification | Rejection)[]> {
  const { descriptor } = located;
  let layers: readonly Descriptor[];
  try {
    layers = await signatureLayers(store, located, subject.digest, options);
  } catch (error) {
    if (error instanceof VerificationError) return [{ bundle: descriptor, error }];
    throw error;
  }
  return mapConcurrent(
    layers,
    concurrency,
    async (layer, signal) => {
      try {
        return await verifyLayer(store, { located, layer, subject }, { signal });
      } catch (error) {
        if (error instanceof VerificationError) return { bundle: descriptor, error };
        throw error;
      }
    },
    options?.signal,
  );
}

async function signatureLayers(
  store: ReadOnlyTarget,
  { descriptor, found }: LegacyManifest,
  subject: Digest,
  options?: CallOptions,
): Promise<readonly Descriptor[]> {
  const manifest = await contentOf(descriptor, () => fetchManifest(store, descriptor, options));
  if (manifest.kind === "index") {
    throw new VerificationError("SIGNATURE_INVALID", `${descriptor.digest} is an index, expected signatures as layers`);
  }
  const attachedTo = manifest.value.subject?.digest;
  // A tag names its subject itself; its manifest usually names none.
  if (found === "referrer" && attachedTo !== subject) {
    throw new VerificationError(
      "SUBJECT_MISMATCH",
      `${descriptor.digest} is attached to ${attachedTo ?? "nothing"}, expected ${subject}`,
    );
  }
  const layers = manifest.value.layers.filter(layerKind);
  if (layers.length <= legacySignatureLimit) return layers;
  throw new ContentError(
    "LIMIT_EXCEEDED",
    `${descriptor.digest} holds ${layers.length} signatures, expected at most ${legacySignatureLimit}`,
  );
}

interface LayerContext {
  readonly located: LegacyManifest;
  readonly layer: Descriptor;
  readonly subject: Subject;
}

async function verifyLayer(
  store: ReadOnlyTarget,
  { located, layer, subject }: LayerContext,
  options: CallOptions,
): Promise<Verification> {
  const { descriptor, found } = located;
  const read = await contentOf(layer, () => readSignatureLayer(store, layer, options));
  const content = { signature: read.signature, signedBytes: read.signedBytes, content: read.payload };
  const { claim, proofs } = readLayerProofs(read.annotations);
  const { identity: signer, proven, unproven } = await findSigner({ content, claim, proofs }, subject.policy);
  const { statement, identity } = readSubject(read, subject.digest);
  const [logEntries, timestamps] = [proofs.logEntries.length, proofs.timestamps.length];
  return {
    signer,
    statement,
    bundle: descriptor,
    legacy: { kind: read.kind, found, layer: layer.digest, ...(identity === undefined ? {} : { identity }) },
    ...(proven ? { proven } : {}),
    ...(unproven === undefined ? {} : { unproven }),
    ...(!proven && unproven === undefined && logEntries + timestamps > 0
      ? { unchecked: { logEntries, timestamps } }
      : {}),
  };
}

/** What was said, once it is known who said it. */
function readSubject(
  { kind, payload }: LayerSignature,
  digest: Digest,
): { readonly statement: Statement; readonly identity?: string } {
  if (kind === "attestation") {
    const statement = parseStatement(payload);
    if (isAbout(statement, digest)) return { statement };
    throw new VerificationError("SUBJECT_MISMATCH", `the attestation speaks of other content, expected ${digest}`);
  }
  const { identity, annotations } = parseSimpleSigning(payload, digest);
  return { statement: translated(digest, annotations), identity };
}

function translated(digest: Digest, annotations: Readonly<Record<string, unknown>>): Statement {
  const plain = makeStatement({ subject: { digest }, predicateType: signPredicateType, predicate: {} });
  if (Object.keys(annotations).length === 0) return plain;
  return { ...plain, subject: plain.subject.map((subject) => ({ ...subject, annotations })) };
}
