import type { TransferListener } from "./base/events.ts";
import { registerVersion } from "./lifecycle/index.ts";
import { buildModel, type ModelArtifact, type ModelInput, uploadModel } from "./model/index.ts";
import type { CallOptions, Repository } from "./oci/content.ts";

export interface PushModelOptions extends CallOptions {
  /** The version to write; default: the next one, or the one that holds this content already. */
  readonly version?: number;
  /** Uploads at a time. */
  readonly concurrency?: number;
  readonly onEvent?: TransferListener;
}

export interface PushedModel {
  readonly artifact: ModelArtifact;
  /** The version's tag, such as `v4`. */
  readonly version: string;
  /** `present`: this content had a version already, and keeps it. */
  readonly outcome: "created" | "present";
}

/**
 * Packs files and directories, uploads them, and names the result as a version in its first state.
 *
 * Safe to run again after an interruption: what is there already is not sent twice, and content has one version only.
 * A version tag is written once and after everything it names.
 *
 * @throws {@link ModelError} when the files cannot be packed; nothing is written then.
 * @throws {@link StoreError} `CONFLICT` when `options.version` is taken by other content.
 */
export async function pushModel(
  repository: Repository,
  input: ModelInput,
  options: PushModelOptions = {},
): Promise<PushedModel> {
  const { version, concurrency, onEvent, signal } = options;
  const shared = { ...(signal ? { signal } : {}), ...(onEvent ? { onEvent } : {}) };
  const artifact = await buildModel(input, shared);
  await uploadModel(repository, artifact, { ...shared, ...(concurrency ? { concurrency } : {}) });
  const registered = await registerVersion(repository, artifact.manifest.descriptor, {
    ...(signal ? { signal } : {}),
    ...(version ? { version } : {}),
  });
  return { artifact, version: registered.tag, outcome: registered.outcome };
}
