import { X509Certificate as ParsedCertificate } from "@sigstore/core";
import { describeCertificateIdentity } from "../certificate-identity.ts";
import { printable } from "../document.ts";
import { VerificationError } from "../errors.ts";
import type { CertificateIdentity } from "../identity.ts";

/** Extended key usage "code signing", which Fulcio writes into every certificate. */
const codeSigning = "1.3.6.1.5.5.7.3.3";

/**
 * Fulcio's issuer, in its second form, a DER string; the first, kept for old certificates, is raw text.
 *
 * @see {@link https://github.com/sigstore/fulcio/blob/v1.7.1/docs/oid-info.md}
 */
const issuerOid = "1.3.6.1.4.1.57264.1.8";
const issuerOidBefore = "1.3.6.1.4.1.57264.1.1";
const userNameOid = "1.3.6.1.4.1.57264.1.7";

const subjectAlternativeNameOid = "2.5.29.17";

/** Tags of the general names that Fulcio uses (RFC 5280 §4.2.1.6). */
const generalNames = { otherName: 0xa0, email: 0x81, uri: 0x86 } as const;

/** What a code signer's certificate must be before anything else is asked about it. */
export function checkSigningCertificate({ ca, keyUsage }: { ca: boolean; keyUsage?: readonly string[] }): void {
  if (ca) throw invalid("it is a certificate authority's own, expected a signer's");
  if (!keyUsage?.includes(codeSigning)) throw invalid("it is not meant for code signing");
}

/**
 * Reads whom a certificate names: exactly one subject alternative name and exactly one issuer.
 *
 * Not read by @sigstore/verify, which takes the first of several names, and drops the high bit of every byte.
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID`.
 */
export function readIdentity(certificate: ParsedCertificate): CertificateIdentity {
  const names = onlyExtension(certificate, subjectAlternativeNameOid)?.valueObj.subs[0]?.subs ?? [];
  const [name] = names;
  if (!name || names.length !== 1) throw invalid(`it has ${names.length} subject alternative names, expected one`);
  const { subs, tag, value } = name;
  switch (tag.toDER()) {
    case generalNames.email:
    case generalNames.uri:
      return describeCertificateIdentity(readIssuer(certificate), text(value, "identity"));
    case generalNames.otherName:
      if (subs[0]?.toOID() === userNameOid && subs[1]?.subs[0]) {
        return describeCertificateIdentity(readIssuer(certificate), text(subs[1].subs[0].value, "identity"));
      }
  }
  throw invalid("its subject alternative name is of an unknown kind");
}

/**
 * Tells whether a certificate's key may make signatures: by its key usage, where it has one. Node reads the extended
 * usage alone.
 *
 * @throws whatever is wrong with the certificate.
 */
export function allowsSignatures(certificate: Uint8Array): boolean {
  const usage = ParsedCertificate.parse(Buffer.from(certificate)).extKeyUsage;
  return usage === undefined || usage.digitalSignature;
}

/** The same, from DER. */
export function identityOf(certificate: Uint8Array): CertificateIdentity {
  return readIdentity(ParsedCertificate.parse(Buffer.from(certificate)));
}

function readIssuer(certificate: ParsedCertificate): string {
  const extension = onlyExtension(certificate, issuerOid);
  if (extension) return text(extension.valueObj.subs[0]?.value ?? Buffer.alloc(0), "issuer");
  const before = onlyExtension(certificate, issuerOidBefore);
  if (before) return text(before.value, "issuer");
  throw invalid("it does not say who issued the identity");
}

/** A second extension of one kind would be read by some and ignored by others (RFC 5280 §4.2 forbids it). */
function onlyExtension(certificate: ParsedCertificate, oid: string) {
  const same = certificate.extensions.filter(({ subs }) => subs[0]?.toOID() === oid);
  if (same.length > 1) throw invalid(`it has extension ${oid} ${same.length} times`);
  return certificate.extension(oid);
}

/** URLs, addresses and user names; anything else would be shown as what it is not. */
function text(bytes: Uint8Array, what: string): string {
  const decoded = Buffer.from(bytes).toString("latin1");
  if (/^[\x20-\x7e]+$/.test(decoded)) return decoded;
  throw invalid(`its ${what} ${JSON.stringify(printable(decoded))} is not printable ASCII`);
}

function invalid(reason: string): VerificationError {
  return new VerificationError("SIGNATURE_INVALID", `unacceptable certificate: ${reason}`);
}
