import { createHash, type KeyObject } from "node:crypto";
import { z } from "zod";
import { schemaProblems } from "../../base/schema-problems.ts";
import type { CallOptions } from "../../oci/content.ts";
import { encodeBase64 } from "../base64.ts";
import { type Envelope, signedBytes, writeEnvelope } from "../envelope.ts";
import { SigningError } from "../errors.ts";
import { signatureHashes } from "../key.ts";
import { type BundleKey, checkEntryKey } from "../sigstore/entry-body.ts";
import { LogEntry } from "../sigstore/log-entry.ts";
import { askService, type Fetch, parseReply, unavailable } from "./service.ts";

const service = "transparency log";

/** A log entry as it stands in a bundle. */
export type WireLogEntry = z.input<typeof LogEntry>;

/** Where to log, and what. */
export interface LogRequest extends CallOptions {
  readonly url: string;
  /** Of the log's interface; decides where and how entries are written. */
  readonly majorApiVersion: 1 | 2;
  readonly envelope: Envelope;
  readonly key: BundleKey;
}

/**
 * Writes a signature into a transparency log.
 *
 * What comes back is read as strictly as a verifier would read it, so that a log that answers with somebody else's
 * entry is noticed now and not by whoever verifies.
 *
 * @throws {@link SigningError} `SERVICE_REFUSED`, `SERVICE_UNAVAILABLE`; `KEY_INVALID` for a key the log cannot take.
 */
export async function logSignature(fetch: Fetch, request: LogRequest): Promise<WireLogEntry> {
  const entry = request.majorApiVersion === 1 ? await logToFirst(fetch, request) : await logToSecond(fetch, request);
  const parsed = LogEntry.safeParse(entry);
  if (!parsed.success) throw unavailable(service, `its entry cannot be used: ${schemaProblems(parsed.error)}`);
  try {
    checkEntryKey(parsed.data, request.key);
  } catch (cause) {
    throw unavailable(service, (cause as Error).message, cause);
  }
  return entry;
}

const hex = z.string().regex(/^(?:[0-9a-f]{2}){1,64}$/);

const FirstReply = z.record(
  z.string(),
  z.object({
    body: z.string(),
    integratedTime: z.int(),
    logID: hex,
    logIndex: z.int(),
    verification: z.object({
      signedEntryTimestamp: z.string(),
      inclusionProof: z.object({
        checkpoint: z.string(),
        hashes: z.array(hex),
        logIndex: z.int(),
        rootHash: hex,
        treeSize: z.int(),
      }),
    }),
  }),
);

/**
 * Rekor v1. The whole envelope goes there and is hashed there; what is kept is a hash, the signature and the key.
 *
 * @see {@link https://github.com/sigstore/rekor/blob/v1.4.1/openapi.yaml}
 */
async function logToFirst(fetch: Fetch, { url, envelope, key, signal }: LogRequest): Promise<WireLogEntry> {
  const envelopeJson = JSON.stringify(writeEnvelope(envelope));
  const body = JSON.stringify({
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: { proposedContent: { envelope: envelopeJson, verifiers: [Buffer.from(pemOf(key)).toString("base64")] } },
  });
  const entries = new URL("/api/v1/log/entries", url);
  const json = { contentType: "application/json", accept: "application/json", signal };
  let reply = await askService(fetch, { service, url: entries.href, body, ...json });
  if (reply.status === 409) {
    // The same signature is in the log already: an attempt before this one had arrived after all.
    const existing = new URL(reply.location ?? "", entries);
    if (existing.origin !== entries.origin) throw unavailable(service, "it points to another host for the entry");
    reply = await askService(fetch, { service, url: existing.href, method: "GET", ...json });
  }
  const [entry, ...others] = Object.values(parseReply(service, reply.body, FirstReply));
  if (!entry || others.length > 0) throw unavailable(service, "it answered with another number of entries than one");
  const { inclusionProof: proof, signedEntryTimestamp } = entry.verification;
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: fromHex(entry.logID) },
    kindVersion: { kind: "dsse", version: "0.0.1" },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: fromHex(proof.rootHash),
      treeSize: String(proof.treeSize),
      hashes: proof.hashes.map(fromHex),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: entry.body,
  };
}

/** Writing waits until the entry is in the tree. */
const secondTimeoutMs = 90_000;

/**
 * Rekor v2, which takes nothing but hashes: of an envelope, the hash of the bytes that were signed. @sigstore/sign
 * still sends envelopes, which Rekor refuses since v2.3.0.
 *
 * @see {@link https://github.com/sigstore/rekor-tiles/blob/v2.3.0/api/proto/rekor/v2/hashedrekord.proto}
 */
async function logToSecond(fetch: Fetch, { url, envelope, key, signal }: LogRequest): Promise<WireLogEntry> {
  const { hash, keyDetails } = describeKey(key.publicKey);
  const digest = createHash(hash).update(signedBytes(envelope.payload)).digest("base64");
  const material = key.certificate
    ? { x509Certificate: { rawBytes: key.certificate.raw.toString("base64") } }
    : { publicKey: { rawBytes: key.publicKey.export({ type: "spki", format: "der" }).toString("base64") } };
  const signature = { content: encodeBase64(envelope.signature), verifier: { keyDetails, ...material } };
  const reply = await askService(fetch, {
    service,
    url: new URL("/api/v2/log/entries", url).href,
    contentType: "application/json",
    accept: "application/json",
    body: JSON.stringify({ hashedRekordRequestV002: { digest, signature } }),
    timeoutMs: secondTimeoutMs,
    signal,
  });
  return parseReply(service, reply.body, WireEntry);
}

/** Protojson writes defaults that bundles leave out: a zero time, an empty promise. */
const WireEntry = z.record(z.string(), z.unknown()).transform((entry) => {
  const { inclusionPromise, integratedTime, ...rest } = entry;
  return {
    ...rest,
    ...(inclusionPromise ? { inclusionPromise } : {}),
    ...(integratedTime && integratedTime !== "0" ? { integratedTime } : {}),
  } as WireLogEntry;
});

/** The names of protobuf-specs for the kinds of keys that sign here. */
function describeKey(publicKey: KeyObject): { hash: string; keyDetails: string } {
  const { namedCurve, modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {};
  const [hash] = signatureHashes(publicKey);
  const curve = new Map([
    ["prime256v1", "PKIX_ECDSA_P256_SHA_256"],
    ["secp384r1", "PKIX_ECDSA_P384_SHA_384"],
    ["secp521r1", "PKIX_ECDSA_P521_SHA_512"],
  ]).get(namedCurve ?? "");
  if (hash && curve) return { hash, keyDetails: curve };
  if (hash && [2048, 3072, 4096].includes(modulusLength)) {
    return { hash, keyDetails: `PKIX_RSA_PKCS1V15_${modulusLength}_SHA256` };
  }
  throw new SigningError("KEY_INVALID", `the log takes no ${publicKey.asymmetricKeyType} key of this kind`);
}

function pemOf({ certificate, publicKey }: BundleKey): string {
  return certificate ? certificate.toString() : publicKey.export({ type: "spki", format: "pem" }).toString();
}

function fromHex(text: string): string {
  return Buffer.from(text, "hex").toString("base64");
}
