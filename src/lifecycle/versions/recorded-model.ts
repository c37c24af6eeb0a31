import type { CallOptions, ReadOnlyGraphTarget } from "../../oci/content.ts";
import { fetchImageManifest } from "../../oci/fetch-manifest.ts";
import { readAttachedBundle } from "../../trust/attached-bundle.ts";
import { parseStatement } from "../../trust/statement.ts";
import { TransitionRecord } from "../chain/record.ts";
import { LifecycleError } from "../errors.ts";
import { logTag } from "./tags.ts";
import { resolveTag } from "./version.ts";

/**
 * Tells which name the records of a repository say the model has.
 *
 * The signature is not verified: this is for telling where a copy will verify, never for believing anything.
 *
 * @returns undefined when there is no record.
 * @throws {@link LifecycleError} `CHAIN_BROKEN` when the first record cannot be read.
 */
export async function recordedModel(
  store: ReadOnlyGraphTarget,
  options: CallOptions = {},
): Promise<string | undefined> {
  if ((await resolveTag(store, logTag(1), options)) === undefined) return undefined;
  const record = await store.resolve(logTag(1), options);
  const { value } = await fetchImageManifest(store, record, options);
  const attached = value.subject && (await readAttachedBundle(store, record, value.subject.digest, options));
  const statement = attached && parseStatement(attached.bundle.envelope.payload);
  const parsed = TransitionRecord.safeParse(statement?.predicate);
  if (parsed.success) return parsed.data.model;
  throw new LifecycleError("CHAIN_BROKEN", `${logTag(1)} is ${record.digest}, which is no record`, { record: 1 });
}
