import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { z } from "zod";
import { type Digest, digestOf } from "../base/digest.ts";
import { isMregError } from "../base/errors.ts";
import { Base64Bytes } from "./base64.ts";
import { parseDocument } from "./document.ts";
import { SigningError } from "./errors.ts";
import { certificateChainLimit, certificateLimitBytes, trustRootEntryLimit, trustRootLimitBytes } from "./limits.ts";

/**
 * The authorities of a sigstore instance: who may issue certificates, keep logs and tell the time, and since when.
 *
 * @see {@link https://github.com/sigstore/protobuf-specs/blob/v0.5.2/protos/sigstore_trustroot.proto}
 */
export interface TrustRoot {
  /** Of the file it was read from: names the root in results. */
  readonly digest: Digest;
  readonly logs: readonly LogAuthority[];
  readonly certificateLogs: readonly LogAuthority[];
  readonly certificateAuthorities: readonly ChainAuthority[];
  readonly timestampAuthorities: readonly ChainAuthority[];
}

/** A transparency log, of signatures or of certificates. */
export interface LogAuthority {
  readonly url: string;
  /** What entries and checkpoints call it: usually a hash of its key. */
  readonly keyId: Uint8Array;
  readonly publicKey: KeyObject;
  readonly validFor: Period;
}

/** A certificate authority or timestamp authority. */
export interface ChainAuthority {
  readonly url: string;
  /** DER, the one that issues or signs first, the root last. */
  readonly chain: readonly X509Certificate[];
  readonly validFor: Period;
}

/** From start to end, both inclusive; open at the end while in use. */
export interface Period {
  readonly start: Date;
  readonly end?: Date;
}

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** A missing start is refused and not taken for "since ever": it would make a retired key good for anything. */
const period = z.object({ start: time, end: time.nullish() });

const log = z
  .object({
    baseUrl: z.string(),
    publicKey: z.object({ rawBytes: Base64Bytes, keyDetails: z.string(), validFor: period }),
    logId: z.object({ keyId: Base64Bytes }),
    checkpointKeyId: z.object({ keyId: Base64Bytes }).nullish(),
  })
  .transform(({ baseUrl, publicKey, logId, checkpointKeyId }, context): LogAuthority => {
    const { rawBytes, keyDetails, validFor } = publicKey;
    const key = readKey(rawBytes, keyDetails.startsWith("PKCS1_") ? "pkcs1" : "spki");
    if (!key) context.addIssue({ code: "custom", message: `not a public key of kind ${keyDetails}` });
    return key
      ? { url: baseUrl, keyId: (checkpointKeyId ?? logId).keyId, publicKey: key, validFor: closed(validFor) }
      : z.NEVER;
  });

const authority = z
  .object({
    uri: z.string().nullish(),
    certChain: z.object({
      certificates: z
        .array(z.object({ rawBytes: Base64Bytes }))
        .min(1)
        .max(certificateChainLimit),
    }),
    validFor: period,
  })
  .transform(({ uri, certChain, validFor }, context): ChainAuthority => {
    const chain = certChain.certificates.map(({ rawBytes }) => readCertificate(rawBytes));
    if (chain.every((one) => one !== undefined)) return { url: uri ?? "", chain, validFor: closed(validFor) };
    context.addIssue({ code: "custom", message: "a certificate of its chain cannot be read" });
    return z.NEVER;
  });

/** To protojson null is as good as absent. */
const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .max(trustRootEntryLimit)
    .nullish()
    .transform((items) => items ?? []);
const logs = listOf(log);
const authorities = listOf(authority);

/** Open for keys that do not exist yet; those that are known must be right. */
const TrustedRootFile = z.object({
  mediaType: z.enum([
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
  ]),
  tlogs: logs,
  ctlogs: logs,
  certificateAuthorities: authorities,
  timestampAuthorities: authorities,
});

/**
 * Reads a `trusted_root.json`. Whoever gives one gives away who is believed: it must come from a source one trusts.
 *
 * @throws {@link SigningError} `TRUST_ROOT_INVALID`.
 */
export function parseTrustRoot(bytes: Uint8Array): TrustRoot {
  if (bytes.byteLength > trustRootLimitBytes) {
    throw invalid(`it has ${bytes.byteLength} bytes, expected at most ${trustRootLimitBytes}`);
  }
  try {
    const file = parseDocument(bytes, TrustedRootFile, "trusted root");
    return {
      digest: digestOf(bytes),
      logs: file.tlogs,
      certificateLogs: file.ctlogs,
      certificateAuthorities: file.certificateAuthorities,
      timestampAuthorities: file.timestampAuthorities,
    };
  } catch (cause) {
    if (isMregError(cause)) throw invalid(cause.message, cause);
    throw cause;
  }
}

/** Tells whether a moment lies in a period. */
export function isWithin({ start, end }: Period, date: Date): boolean {
  return start <= date && (end === undefined || date <= end);
}

function closed({ start, end }: z.output<typeof period>): Period {
  return end ? { start, end } : { start };
}

function readKey(der: Uint8Array, type: "spki" | "pkcs1"): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(der), format: "der", type });
  } catch {
    return undefined;
  }
}

/** Reads a certificate of bounded size; undefined when OpenSSL cannot. */
export function readCertificate(der: Uint8Array): X509Certificate | undefined {
  if (der.byteLength > certificateLimitBytes) return undefined;
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function invalid(reason: string, cause?: unknown): SigningError {
  return new SigningError("TRUST_ROOT_INVALID", `not a trusted root: ${reason}`, { cause });
}
