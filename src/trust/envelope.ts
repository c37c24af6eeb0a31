import { z } from "zod";
import { Base64Bytes, encodeBase64 } from "./base64.ts";
import type { Signer } from "./signer.ts";
import { inTotoPayloadType } from "./statement.ts";

/**
 * A DSSE envelope as it stands in a sigstore bundle.
 *
 * Only the payload type of in-toto passes: a signature over anything else must not be taken for a statement.
 * `keyid` is accepted and ignored, for it is not signed; to protojson null is as good as absent.
 *
 * @see {@link https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md}
 */
export const WireEnvelope = z.strictObject({
  payload: Base64Bytes,
  payloadType: z.literal(inTotoPayloadType),
  // DSSE allows several; sigstore's bundle exactly one, so that nobody picks the signature that suits.
  signatures: z.tuple([z.strictObject({ sig: Base64Bytes, keyid: z.string().nullish() })]),
});
export type WireEnvelope = Readonly<z.infer<typeof WireEnvelope>>;

/** Signed bytes and their signature. */
export interface Envelope {
  /** The statement's JSON, byte for byte as signed. */
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * The bytes a DSSE signature is made over: type and payload with their lengths, so that neither can borrow from the
 * other. Lengths count bytes of UTF-8, not characters (GHSA-jfc7-64v2-mr8c).
 *
 * @see {@link https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md#signature-definition}
 */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const typeBytes = Buffer.byteLength(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${typeBytes} ${payloadType} ${payload.byteLength} `), payload]);
}

/** The signed bytes of an in-toto envelope. */
export function signedBytes(payload: Uint8Array): Uint8Array {
  return preAuthenticationEncoding(inTotoPayloadType, payload);
}

/** Signs a statement's bytes. */
export async function signEnvelope(payload: Uint8Array, signer: Signer): Promise<Envelope> {
  return { payload, signature: await signer.sign(signedBytes(payload)) };
}

/** Takes an envelope off the wire. */
export function readEnvelope({ payload, signatures: [{ sig }] }: WireEnvelope): Envelope {
  return { payload, signature: sig };
}

/**
 * Writes an envelope, without a `keyid`: Go verifiers skip a signature whose keyid they did not compute themselves.
 */
export function writeEnvelope({ payload, signature }: Envelope): z.input<typeof WireEnvelope> {
  return {
    payload: encodeBase64(payload),
    payloadType: inTotoPayloadType,
    signatures: [{ sig: encodeBase64(signature) }],
  };
}
