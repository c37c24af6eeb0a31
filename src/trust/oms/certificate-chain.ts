import { X509Certificate } from "node:crypto";
import { VerificationError } from "../errors.ts";
import type { PublicKey } from "../identity.ts";
import { describePublicKey } from "../key.ts";

/**
 * Extended key usage "code signing". A certificate without any extended usage is good for everything its key may do.
 */
const codeSigning = "1.3.6.1.5.5.7.3.3";

/**
 * Verifies a chain of certificates up to an authority, at the time the first of them began to be valid: a model
 * signature with certificates carries no time of its own, and model_signing judges it by that one, too.
 *
 * @param chain - DER, the signer's first. Not believed: a way to the authorities, which may be among them.
 * @param authorities - who is believed. Intermediate ones among them are not roots by that: the chain must end at one
 * that signed itself.
 * @throws {@link VerificationError} `SIGNATURE_INVALID`; `IDENTITY_MISMATCH` when no authority is at its end.
 */
export async function verifyChain(
  chain: readonly Uint8Array[],
  authorities: readonly X509Certificate[],
): Promise<{ readonly leaf: X509Certificate; readonly publicKey: PublicKey }> {
  const [leaf, ...others] = chain.map(readCertificate);
  if (!leaf) throw invalid("it has no certificate");
  await checkUsage(leaf);
  const at = new Date(leaf.validFrom);
  let current = leaf;
  const candidates = [...authorities, ...others];
  for (let step = 0; step <= candidates.length; step++) {
    checkTime(current, at);
    if (isRoot(current) && authorities.some((one) => one.raw.equals(current.raw))) {
      return { leaf, publicKey: describePublicKey(leaf.publicKey) };
    }
    const issuer = candidates.find((one) => one.ca && !one.raw.equals(current.raw) && isIssuedBy(current, one));
    if (!issuer) break;
    current = issuer;
  }
  throw new VerificationError(
    "IDENTITY_MISMATCH",
    `no authority that is trusted has issued the signer's certificate, expected one of ${authorities.length}`,
  );
}

/** Stricter than model_signing, which takes a web server's certificate for one that signs models. */
async function checkUsage({ ca, keyUsage: extended = [], raw }: X509Certificate): Promise<void> {
  if (ca) throw invalid("the signer's certificate is that of an authority");
  if (extended.length > 0 && !extended.includes(codeSigning)) throw invalid("the signer's certificate is not for code");
  const { allowsSignatures } = await import("../sigstore/index.ts");
  let allowed: boolean;
  try {
    allowed = allowsSignatures(raw);
  } catch (cause) {
    throw invalid("the signer's certificate cannot be read", cause);
  }
  if (!allowed) throw invalid("the key of the signer's certificate is not for signatures");
}

function readCertificate(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (cause) {
    throw new VerificationError("SIGNATURE_INVALID", "a certificate of the model signature cannot be read", { cause });
  }
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function isRoot(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && isIssuedBy(certificate, certificate);
}

function checkTime({ subject, validFrom, validTo }: X509Certificate, at: Date): void {
  if (at < new Date(validFrom) || at > new Date(validTo)) {
    throw invalid(`the certificate of ${JSON.stringify(subject)} was not valid at ${at.toISOString()}`);
  }
}

function invalid(reason: string, cause?: unknown): VerificationError {
  return new VerificationError("SIGNATURE_INVALID", `unacceptable model signature: ${reason}`, { cause });
}
