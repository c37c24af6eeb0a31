import { hasCode } from "../base/errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { printable } from "./document.ts";
import { VerificationError } from "./errors.ts";

/**
 * Turns faults of the content into verdicts about it. Faults of the way there (network, credentials, cancellation) pass
 * through: they say nothing about a signature, and trying again may help.
 */
export async function contentOf<T>({ digest }: Descriptor, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (hasCode(cause, "NOT_FOUND")) {
      throw new VerificationError("NO_SIGNATURE", `${digest} is named, but not there: ${cause.message}`, { cause });
    }
    if (hasCode(cause, ...contentFaults)) {
      throw new VerificationError("SIGNATURE_INVALID", `${digest} is unreadable: ${printable(cause.message)}`, {
        cause,
      });
    }
    throw cause;
  }
}

/** `BAD_RESPONSE` is what a registry's client says of an answer that is not what was asked for. */
const contentFaults = [
  "DIGEST_MISMATCH",
  "SIZE_MISMATCH",
  "TRAILING_DATA",
  "LIMIT_EXCEEDED",
  "INVALID_MANIFEST",
  "INVALID_DESCRIPTOR",
  "INVALID_DIGEST",
  "BAD_RESPONSE",
] as const;
