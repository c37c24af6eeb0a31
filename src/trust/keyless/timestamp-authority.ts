import { createHash } from "node:crypto";
import type { CallOptions } from "../../oci/content.ts";
import { askService, type Fetch, unavailable } from "./service.ts";

const service = "timestamp authority";

export interface TimestampRequest extends CallOptions {
  readonly url: string;
  /** What the authority says was there: the signature. */
  readonly signature: Uint8Array;
}

/**
 * Asks a timestamp authority when a signature was there.
 *
 * The certificates of the authority are asked for, as cosign does, so that verifiers with their own chains find it.
 *
 * @returns the whole reply, DER, as it stands in a bundle.
 * @throws {@link SigningError} `SERVICE_REFUSED`, `SERVICE_UNAVAILABLE`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc3161#section-2.4}
 */
export async function requestTimestamp(fetch: Fetch, request: TimestampRequest): Promise<Uint8Array> {
  const { url, signature, signal } = request;
  const { body } = await askService(fetch, {
    service,
    url,
    contentType: "application/timestamp-query",
    accept: "application/timestamp-reply",
    body: timestampQuery(createHash("sha256").update(signature).digest()),
    signal,
  });
  const { checkTimestamp } = await import("../sigstore/index.ts");
  try {
    checkTimestamp(body, signature);
  } catch (cause) {
    throw unavailable(service, `its timestamp is not about this signature: ${(cause as Error).message}`, cause);
  }
  return body;
}

/** AlgorithmIdentifier of SHA-256: its object identifier and NULL. */
const sha256Algorithm = Buffer.from("300d06096086480165030402010500", "hex");

/**
 * TimeStampReq: version 1, the hash, and the wish for certificates. No nonce: no old reply is about a new signature.
 */
function timestampQuery(hash: Uint8Array): Uint8Array<ArrayBuffer> {
  const imprint = der(0x30, sha256Algorithm, der(0x04, hash));
  return der(0x30, der(0x02, Buffer.of(1)), imprint, der(0x01, Buffer.of(0xff)));
}

/** Everything here is shorter than 128 bytes, so that one byte holds every length. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer<ArrayBuffer> {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag, content.byteLength), content]);
}
