import { printable } from "./document.ts";
import { VerificationError } from "./errors.ts";
import type { PublicKey } from "./identity.ts";
import { keyHint, verifySignature } from "./key.ts";

/** Bytes, their signature, and which key is said to have made it. */
export interface SignedBytes {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** As in a sigstore bundle; not signed, and left out by old clients. */
  readonly hint?: string | undefined;
}

/**
 * Finds the trusted key that made a signature: the one that is named, else any, as cosign does.
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID` when the named key is trusted and did not make it;
 * `IDENTITY_MISMATCH` when no trusted key did.
 */
export async function findTrustedKey(keys: readonly PublicKey[], signed: SignedBytes): Promise<PublicKey> {
  const named = keys.filter(({ identity }) => keyHint(identity.fingerprint) === signed.hint);
  const others = keys.filter((key) => !named.includes(key));
  for (const key of [...named, ...others]) {
    if (await verifySignature(key, signed.payload, signed.signature)) return key;
  }
  if (named[0]) {
    throw new VerificationError(
      "SIGNATURE_INVALID",
      `the signature was not made by key ${named[0].identity.fingerprint}, which it names, over this statement`,
    );
  }
  const hint = signed.hint === undefined ? "without a hint" : `with hint ${printable(signed.hint)}`;
  throw new VerificationError(
    "IDENTITY_MISMATCH",
    `signed with a key ${hint}, expected one of the ${keys.length} trusted keys`,
  );
}
