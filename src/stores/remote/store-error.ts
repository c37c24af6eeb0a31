import { StoreError } from "../../oci/errors.ts";
import { hasStatus } from "./http/error.ts";

/**
 * Says a registry's refusal in the words of all stores, so that callers branch alike over each of them.
 *
 * @param subject - what was asked for, such as `tag v4`.
 * @param unsupported - statuses that mean, for this request, that the registry does not do such things.
 */
export function storeError(error: unknown, subject: string, unsupported: readonly number[] = []): unknown {
  if (hasStatus(error, 404)) return new StoreError("NOT_FOUND", `${subject} is not there`, { cause: error });
  if (hasStatus(error, ...unsupported)) {
    return new StoreError("UNSUPPORTED", `the registry does not do this with ${subject}`, { cause: error });
  }
  return error;
}
