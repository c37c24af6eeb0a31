import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { z } from "zod";
import { Base64Bytes } from "../base64.ts";
import { parseDocument } from "../document.ts";
import { VerificationError } from "../errors.ts";
import type { LogEntry } from "./log-entry.ts";

/**
 * What the kinds of log entries say about the key of a signature.
 *
 * @sigstore/verify compares an entry's digest and signature with the bundle's, and leaves out the key. One signature
 * can be valid under several keys, so that an entry of another signer could be borrowed (CVE-2022-36056,
 * CVE-2026-22703): here the key is compared.
 */
const pem = Base64Bytes.transform((bytes) => Buffer.from(bytes).toString("latin1"));
const der = z.object({ rawBytes: Base64Bytes });
const verifier = z.object({ x509Certificate: der.optional(), publicKey: der.optional() });
const one = <Item extends z.ZodType>(item: Item) => z.tuple([item]);

const bodies = {
  "hashedrekord/0.0.1": z.object({
    spec: z.object({ signature: z.object({ publicKey: z.object({ content: pem }) }) }),
  }),
  "dsse/0.0.1": z.object({ spec: z.object({ signatures: one(z.object({ verifier: pem })) }) }),
  "intoto/0.0.2": z.object({
    spec: z.object({
      content: z.object({ envelope: z.object({ signatures: one(z.object({ publicKey: pem })) }) }),
    }),
  }),
  "hashedrekord/0.0.2": z.object({
    spec: z.object({ hashedRekordV002: z.object({ signature: z.object({ verifier }) }) }),
  }),
  "dsse/0.0.2": z.object({ spec: z.object({ dsseV002: z.object({ signatures: one(z.object({ verifier })) }) }) }),
};

/** The key of the bundle: the leaf certificate, or a bare key. */
export interface BundleKey {
  readonly publicKey: KeyObject;
  readonly certificate?: X509Certificate;
}

/**
 * Demands that a log entry is about the bundle's own key.
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID`.
 */
export function checkEntryKey(entry: LogEntry, key: BundleKey): void {
  let isSame: boolean;
  try {
    isSame = holdsKey(entry, key);
  } catch (cause) {
    if (cause instanceof VerificationError) throw cause;
    throw new VerificationError("SIGNATURE_INVALID", "the log entry holds a key that cannot be read", { cause });
  }
  if (!isSame)
    throw new VerificationError("SIGNATURE_INVALID", "the log entry was made with another key than the bundle");
}

function holdsKey({ kindVersion: { kind, version }, canonicalizedBody }: LogEntry, key: BundleKey): boolean {
  const read = <Schema extends z.ZodType>(schema: Schema) =>
    parseDocument(canonicalizedBody, schema, "transparency log entry");
  switch (`${kind}/${version}`) {
    case "hashedrekord/0.0.1":
      return isSamePem(read(bodies["hashedrekord/0.0.1"]).spec.signature.publicKey.content, key);
    case "dsse/0.0.1":
      return isSamePem(read(bodies["dsse/0.0.1"]).spec.signatures[0].verifier, key);
    case "intoto/0.0.2":
      return isSamePem(read(bodies["intoto/0.0.2"]).spec.content.envelope.signatures[0].publicKey, key);
    case "hashedrekord/0.0.2":
      return isSameDer(read(bodies["hashedrekord/0.0.2"]).spec.hashedRekordV002.signature.verifier, key);
    case "dsse/0.0.2":
      return isSameDer(read(bodies["dsse/0.0.2"]).spec.dsseV002.signatures[0].verifier, key);
    default:
      throw new VerificationError("SIGNATURE_INVALID", `log entries of kind ${kind} ${version} are not known`);
  }
}

function isSamePem(text: string, { certificate, publicKey }: BundleKey): boolean {
  if (certificate) return new X509Certificate(text).raw.equals(certificate.raw);
  return createPublicKey(text).equals(publicKey);
}

function isSameDer(
  { x509Certificate, publicKey: bare }: z.output<typeof verifier>,
  { certificate, publicKey }: BundleKey,
): boolean {
  if (certificate) return x509Certificate !== undefined && certificate.raw.equals(x509Certificate.rawBytes);
  if (!bare) return false;
  return createPublicKey({ key: Buffer.from(bare.rawBytes), format: "der", type: "spki" }).equals(publicKey);
}
