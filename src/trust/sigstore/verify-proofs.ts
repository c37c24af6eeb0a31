import type { KeyObject, X509Certificate } from "node:crypto";
import { RFC3161Timestamp } from "@sigstore/core";
import { type SignedEntity, Verifier } from "@sigstore/verify";
import { schemaProblems } from "../../base/schema-problems.ts";
import type { WireProofs } from "../bundle.ts";
import { acceptsIdentity } from "../certificate-identity.ts";
import { printable } from "../document.ts";
import { VerificationError } from "../errors.ts";
import type { CertificateIdentity, PublicKey } from "../identity.ts";
import { describePublicKey, verifySignature } from "../key.ts";
import { certificateChainLimit } from "../limits.ts";
import type { Proven } from "../proven.ts";
import { readCertificate } from "../trust-root.ts";
import type { CertificateTrust, ProofTrust } from "../verification.ts";
import { checkSigningCertificate, readIdentity } from "./certificate.ts";
import { describeProven } from "./describe-proven.ts";
import { type BundleKey, checkEntryKey } from "./entry-body.ts";
import { type LogEntry, Proofs } from "./log-entry.ts";
import { parseCertificate } from "./parsed-certificate.ts";
import { type SignedContent, signatureContent } from "./signed-content.ts";
import { trustMaterial } from "./trust-material.ts";

/** A signature by whoever holds the certificate, as a certificate authority and logs testify. */
export interface CertificateProof {
  readonly identity: CertificateIdentity;
  readonly proven: Proven;
}

/**
 * Verifies a signature made with a short-lived certificate: the chain, the certificate's own log, the signature, the
 * log entries and the time, each against the trusted root.
 *
 * Whom the certificate names is looked at first, so that any number of strangers' bundles costs little.
 *
 * @throws {@link VerificationError} `IDENTITY_MISMATCH` or `SIGNATURE_INVALID`, whatever the bundle holds.
 */
export function verifyCertificateProofs(
  content: SignedContent,
  proofs: WireProofs,
  trust: CertificateTrust,
): Promise<CertificateProof> {
  return asVerdict(async () => {
    const leaf = readLeaf(proofs.certificates);
    const publicKey = describePublicKey(leaf.publicKey);
    const certificate = parseCertificate(leaf.raw);
    const identity = readIdentity(certificate);
    if (!trust.identities.some((rule) => acceptsIdentity(rule, identity))) throw stranger(identity, trust);
    const { logs = 1, times = 1, certificateLogs = 1 } = trust.thresholds ?? {};
    // A certificate is short-lived: without any time nothing says that it was valid, whatever the caller wants.
    const thresholds = { logs, times: Math.max(times, 1), certificateLogs };
    const proven = await verifyEntity(
      { content, publicKey, proofs, key: { $case: "certificate", certificate }, certificate: leaf },
      { root: trust.root, thresholds },
    );
    return { identity, proven };
  });
}

/**
 * Verifies the proofs that came with a signature made with a key. The caller has verified the signature.
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID`, and nothing else.
 */
export function verifyKeyProofs(
  content: SignedContent,
  publicKey: PublicKey,
  proofs: WireProofs,
  trust: ProofTrust,
): Promise<Proven> {
  return asVerdict(async () => {
    const { logs = 1, times = 1 } = trust.thresholds ?? {};
    return verifyEntity(
      { content, publicKey, proofs, key: { $case: "public-key", hint: "" } },
      { root: trust.root, thresholds: { logs, times } },
    );
  });
}

interface Evidence {
  readonly content: SignedContent;
  readonly publicKey: PublicKey;
  readonly proofs: WireProofs;
  readonly key: SignedEntity["key"];
  readonly certificate?: X509Certificate;
}

async function verifyEntity(evidence: Evidence, { root, thresholds = {} }: ProofTrust): Promise<Proven> {
  const { content, publicKey, key, certificate } = evidence;
  const { logEntries, timestamps } = readProofs(evidence.proofs);
  if (!(await verifySignature(publicKey, content.signedBytes, content.signature))) {
    throw invalid("the signature was not made with the key it comes with");
  }
  const bundleKey: BundleKey = { publicKey: publicKey.key, ...(certificate ? { certificate } : {}) };
  for (const entry of logEntries) checkEntryKey(entry, bundleKey);
  const parsed = timestamps.map(({ signedTimestamp }) => RFC3161Timestamp.parse(Buffer.from(signedTimestamp)));
  const tlogEntries = logEntries.map(logEntry);
  const entity: SignedEntity = {
    signature: signatureContent(content, publicKey.key),
    key,
    tlogEntries,
    timestamps: [
      ...tlogEntries
        .filter(({ integratedTime }) => integratedTime !== "0")
        .map((tlogEntry) => ({ $case: "transparency-log" as const, tlogEntry })),
      ...parsed.map((timestamp) => ({ $case: "timestamp-authority" as const, timestamp })),
    ],
  };
  const { logs = 0, times = 0, certificateLogs = 0 } = thresholds;
  const limits = { tlogThreshold: logs, timestampThreshold: times, ctlogThreshold: certificateLogs };
  const material = { ...trustMaterial(root), publicKey: () => alwaysValid(publicKey.key) };
  new Verifier(material, limits).verify(entity);
  return describeProven({ root, thresholds, logEntries, timestamps: parsed });
}

/** A key has no period of its own here; whoever trusts it decides when to stop. */
function alwaysValid(publicKey: KeyObject) {
  return { publicKey, validFor: () => true };
}

/** The leaf, first in a chain. The rest of the chain is not believed, and a root in it is refused as sigstore does. */
function readLeaf(certificates: readonly Uint8Array[]): X509Certificate {
  const chain = certificates.slice(0, certificateChainLimit + 1).map(readCertificate);
  const [leaf] = chain;
  if (!leaf || chain.includes(undefined)) throw invalid("a certificate cannot be read");
  if (chain.length > certificateChainLimit) throw invalid(`expected at most ${certificateChainLimit} certificates`);
  if (chain.some((one) => one?.issuer === one?.subject && one?.checkIssued(one))) {
    throw invalid("it comes with a root certificate, and roots come from the trusted root alone");
  }
  checkSigningCertificate({ ca: leaf.ca, keyUsage: leaf.keyUsage });
  return leaf;
}

function readProofs({ logEntries, timestamps, version }: WireProofs): Proofs {
  const parsed = Proofs.safeParse({ logEntries, timestamps });
  if (!parsed.success) throw invalid(printable(schemaProblems(parsed.error)));
  for (const { inclusionPromise, inclusionProof } of parsed.data.logEntries) {
    if (version === "0.1" && !inclusionPromise) throw invalid("a log entry has no promise of the log to include it");
    if (version !== "0.1" && !inclusionProof?.checkpoint) throw invalid("a log entry has no proof of its inclusion");
  }
  return parsed.data;
}

/** Exactly the fields that were checked, as the library's own parser would give them. */
function logEntry(entry: LogEntry): SignedEntity["tlogEntries"][number] {
  const { inclusionPromise: promise, inclusionProof: proof } = entry;
  return {
    logIndex: entry.logIndex,
    logId: { keyId: Buffer.from(entry.logId.keyId) },
    kindVersion: entry.kindVersion,
    integratedTime: entry.integratedTime,
    inclusionPromise: promise && { signedEntryTimestamp: Buffer.from(promise.signedEntryTimestamp) },
    inclusionProof: proof?.checkpoint && {
      logIndex: proof.logIndex,
      rootHash: Buffer.from(proof.rootHash),
      treeSize: proof.treeSize,
      hashes: proof.hashes.map((hash) => Buffer.from(hash)),
      checkpoint: proof.checkpoint,
    },
    canonicalizedBody: Buffer.from(entry.canonicalizedBody),
  };
}

/**
 * Turns whatever the parsers and the library throw (their own errors, RangeError, TypeError, OpenSSL's) into one kind
 * of verdict: what cannot be verified is not verified.
 */
async function asVerdict<Result>(verify: () => Promise<Result>): Promise<Result> {
  try {
    return await verify();
  } catch (cause) {
    if (cause instanceof VerificationError) throw cause;
    throw invalid(printable((cause as Error).message), cause);
  }
}

function stranger({ issuer, subject }: CertificateIdentity, { identities }: CertificateTrust): VerificationError {
  return new VerificationError(
    "IDENTITY_MISMATCH",
    `signed with a certificate that names ${subject} (issuer ${issuer}), expected one of the ${identities.length} trusted identities`,
  );
}

function invalid(reason: string, cause?: unknown): VerificationError {
  return new VerificationError("SIGNATURE_INVALID", `the proofs of the bundle do not hold: ${reason}`, { cause });
}
