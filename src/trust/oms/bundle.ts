import type { X509Certificate } from "node:crypto";
import { z } from "zod";
import { Base64Bytes } from "../base64.ts";
import { parseBundle } from "../bundle.ts";
import { parseDocument } from "../document.ts";
import { type Envelope, readEnvelope, signedBytes, WireEnvelope } from "../envelope.ts";
import { VerificationError } from "../errors.ts";
import type { Identity } from "../identity.ts";
import { certificateChainLimit, certificateLimitBytes } from "../limits.ts";
import { findSigner } from "../signer-search.ts";
import { parseStatement, type Statement } from "../statement.ts";
import { findTrustedKey } from "../trusted-key.ts";
import type { VerificationPolicy } from "../verification.ts";
import { verifyChain } from "./certificate-chain.ts";

/** What model_signing writes that a sigstore bundle may not hold: a key in full until 1.0, a chain in version 0.3. */
const OwnMaterial = z.object({
  mediaType: z.literal("application/vnd.dev.sigstore.bundle.v0.3+json"),
  verificationMaterial: z.strictObject({
    publicKey: z
      .strictObject({ hint: z.string().nullish(), rawBytes: z.string().optional(), keyDetails: z.string().optional() })
      .optional(),
    x509CertificateChain: z
      .strictObject({
        certificates: z
          .array(
            z.strictObject({
              rawBytes: z
                .string()
                .max(Math.ceil(certificateLimitBytes / 3) * 4)
                .pipe(Base64Bytes),
            }),
          )
          .min(1)
          .max(certificateChainLimit),
      })
      .optional(),
    certificate: z.unknown().optional(),
    tlogEntries: z.array(z.unknown()).optional(),
    timestampVerificationData: z.unknown().optional(),
  }),
  dsseEnvelope: WireEnvelope,
});

/** Whom a verifier of model signatures believes. */
export interface OmsPolicy extends VerificationPolicy {
  /** Certificates of authorities, PEM, for signatures that come with a certificate chain of their own. */
  readonly authorities?: readonly X509Certificate[];
}

/** Who signed a model: a key, an identity, or the holder of a certificate of one of the authorities. */
export type OmsSigner = Identity | { readonly kind: "x509"; readonly subject: string; readonly fingerprint: string };

/** Reads what a model signature states, believing nobody: for choosing one, never for deciding. */
export function readOmsStatement(bytes: Uint8Array): Statement {
  return parseStatement(readEnvelope(parseDocument(bytes, OwnMaterial, "model signature").dsseEnvelope).payload);
}

/**
 * Verifies who signed a model, by a key, by an identity, or by a certificate chain of an authority.
 *
 * The three are told apart by what the signature comes with; each is believed only when the policy has its kind.
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID`, `IDENTITY_MISMATCH`.
 */
export async function verifyOmsBundle(
  bytes: Uint8Array,
  policy: OmsPolicy,
): Promise<{ readonly signer: OmsSigner; readonly statement: Statement }> {
  const { verificationMaterial, dsseEnvelope } = parseDocument(bytes, OwnMaterial, "model signature");
  const { publicKey, x509CertificateChain: chain, certificate } = verificationMaterial;
  if ([publicKey, chain, certificate].filter((one) => one !== undefined).length !== 1) {
    throw new VerificationError("SIGNATURE_INVALID", "the model signature has not exactly one kind of key material");
  }
  const envelope = readEnvelope(dsseEnvelope);
  const statement = () => parseStatement(envelope.payload);
  if (chain) {
    const signer = await verifyWithChain(
      chain.certificates.map(({ rawBytes }) => rawBytes),
      envelope,
      policy.authorities ?? [],
    );
    return { signer, statement: statement() };
  }
  if (publicKey) {
    // Its hint, and the key in old ones, are what anybody could write: the keys that are trusted are tried.
    const signed = { payload: signedBytes(envelope.payload), signature: envelope.signature };
    return { signer: (await findTrustedKey(policy.keys, signed)).identity, statement: statement() };
  }
  const { claim, proofs } = parseBundle(bytes);
  const content = {
    content: envelope.payload,
    signedBytes: signedBytes(envelope.payload),
    signature: envelope.signature,
  };
  const { identity } = await findSigner({ content, claim, proofs }, policy);
  return { signer: identity, statement: statement() };
}

async function verifyWithChain(
  chain: readonly Uint8Array[],
  { payload, signature }: Envelope,
  authorities: readonly X509Certificate[],
): Promise<OmsSigner> {
  const { leaf, publicKey } = await verifyChain(chain, authorities);
  await findTrustedKey([publicKey], { payload: signedBytes(payload), signature });
  return {
    kind: "x509",
    subject: leaf.subject,
    fingerprint: `sha256:${leaf.fingerprint256.replaceAll(":", "").toLowerCase()}`,
  };
}
