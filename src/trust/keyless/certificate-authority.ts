import type { KeyObject, X509Certificate } from "node:crypto";
import { z } from "zod";
import type { CallOptions } from "../../oci/content.ts";
import { certificateChainLimit } from "../limits.ts";
import { readCertificate } from "../trust-root.ts";
import type { IdentityToken } from "./identity-token.ts";
import { askService, type Fetch, parseReply, unavailable } from "./service.ts";

const service = "certificate authority";

const CertificateReply = z.object({
  signedCertificateEmbeddedSct: z.object({
    chain: z.object({ certificates: z.array(z.string()).min(1).max(certificateChainLimit) }),
  }),
});

/** What a certificate is asked for. */
export interface CertificateRequest extends CallOptions {
  readonly url: string;
  readonly token: IdentityToken;
  readonly publicKey: KeyObject;
  /** Signs the token's challenge, to show that whoever asks holds the key. */
  readonly prove: (challenge: Uint8Array) => Promise<Uint8Array>;
}

/**
 * Asks Fulcio for a short-lived certificate that names the token's owner.
 *
 * @returns the certificate alone: the chain above it comes from trusted roots, never from bundles.
 * @throws {@link SigningError} `SERVICE_REFUSED`, `SERVICE_UNAVAILABLE`.
 * @see {@link https://github.com/sigstore/fulcio/blob/v1.7.1/fulcio.proto}
 */
export async function requestCertificate(fetch: Fetch, request: CertificateRequest): Promise<X509Certificate> {
  const { url, token, publicKey, prove, signal } = request;
  const body = JSON.stringify({
    credentials: { oidcIdentityToken: token.text },
    publicKeyRequest: {
      publicKey: { algorithm: "ECDSA", content: publicKey.export({ type: "spki", format: "pem" }) },
      proofOfPossession: Buffer.from(await prove(Buffer.from(token.challenge))).toString("base64"),
    },
  });
  const reply = await askService(fetch, {
    service,
    url: new URL("/api/v2/signingCert", url).href,
    contentType: "application/json",
    accept: "application/json",
    body,
    signal,
  });
  const { signedCertificateEmbeddedSct: embedded } = parseReply(service, reply.body, CertificateReply);
  const certificate = readCertificate(Buffer.from(embedded.chain.certificates[0] ?? ""));
  if (!certificate) throw unavailable(service, "its certificate cannot be read");
  if (!certificate.publicKey.equals(publicKey)) throw unavailable(service, "its certificate is for another key");
  return certificate;
}
