import { RFC3161Timestamp } from "@sigstore/core";
import { VerificationError } from "../errors.ts";

/** Granted, or granted with changes (RFC 3161 §2.4.2). */
const granted = [0n, 1n];

/**
 * Checks that a new timestamp was granted and is about a signature. Who made it is not looked at: that takes a trusted
 * root, which whoever signs does not need.
 *
 * @throws whatever is wrong with it.
 */
export function checkTimestamp(reply: Uint8Array, signature: Uint8Array): void {
  const timestamp = RFC3161Timestamp.parse(Buffer.from(reply));
  if (!granted.includes(timestamp.status)) {
    throw new VerificationError("SIGNATURE_INVALID", `it was not granted, status ${timestamp.status}`);
  }
  timestamp.tstInfo.verify(Buffer.from(signature));
}
