import type { CallOptions } from "../../oci/content.ts";
import type { Envelope } from "../envelope.ts";
import type { SignatureProofs, Signer } from "../signer.ts";
import type { BundleKey } from "../sigstore/entry-body.ts";
import { logSignature } from "./log.ts";
import type { Fetch } from "./service.ts";
import { requestTimestamp } from "./timestamp-authority.ts";

/** Who is to testify that a signature was made, and when. */
export interface Witnesses {
  readonly logs: readonly LogAddress[];
  /** URLs that take RFC 3161 requests. */
  readonly timestampAuthorities: readonly string[];
}

export interface LogAddress {
  readonly url: string;
  readonly majorApiVersion: 1 | 2;
}

/** Has witnesses testify for one signature. The timestamps come first: a log may take its time. */
export async function testify(
  fetch: Fetch,
  { logs, timestampAuthorities }: Witnesses,
  { envelope, key }: { readonly envelope: Envelope; readonly key: BundleKey },
  options?: CallOptions,
): Promise<SignatureProofs> {
  const { signature } = envelope;
  const timestamps: Uint8Array[] = [];
  for (const url of timestampAuthorities)
    timestamps.push(await requestTimestamp(fetch, { url, signature, ...options }));
  const logEntries = [];
  for (const log of logs) logEntries.push(await logSignature(fetch, { ...log, envelope, key, ...options }));
  return { ...(key.certificate ? { certificate: key.certificate.raw } : {}), logEntries, timestamps };
}

/** Adds log entries and timestamps to the signatures of a key: they then prove a time, which a key alone cannot. */
export function withWitnesses(signer: Signer, witnesses: Witnesses, fetch: Fetch): Signer {
  const key = { publicKey: signer.publicKey.key };
  return {
    publicKey: signer.publicKey,
    sign: (payload) => signer.sign(payload),
    prove: (envelope, options) => testify(fetch, witnesses, { envelope, key }, options),
  };
}
