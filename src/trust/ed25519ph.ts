import type { KeyObject } from "node:crypto";
import { ed25519ph } from "@noble/curves/ed25519.js";

/** Where the 32 bytes of the point stand in the SPKI DER of an Ed25519 key (RFC 8410 §4). */
const pointOffset = 12;

/**
 * Checks an Ed25519ph signature: what cosign makes with an Ed25519 key, though it signs the same bytes.
 *
 * Its own domain in the hash keeps it apart from pure Ed25519, so that one key can serve both. Points of small order
 * and encodings that are not canonical are refused, as RFC 8032 has it and Go does.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8032#section-5.1.7}
 */
export function verifyPrehashed(key: KeyObject, payload: Uint8Array, signature: Uint8Array): boolean {
  const point = key.export({ type: "spki", format: "der" }).subarray(pointOffset);
  try {
    return ed25519ph.verify(signature, payload, point, { zip215: false });
  } catch {
    return false;
  }
}
