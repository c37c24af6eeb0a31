import { mapConcurrent } from "./base/concurrency.ts";
import type { Digest } from "./base/digest.ts";
import { isMregError } from "./base/errors.ts";
import type { TransferListener } from "./base/events.ts";
// From their own files: the rooms as a whole bring YAML, policies and parsers that a push needs not.
import { registerVersion } from "./lifecycle/versions/register.ts";
import { isTaggedVersion } from "./lifecycle/versions/version.ts";
import type { ModelInput } from "./model/model-input.ts";
import { AheadUploads } from "./model/push/ahead.ts";
import { buildModel, type ModelArtifact } from "./model/push/build.ts";
import { uploadModel } from "./model/push/upload.ts";
import type { IndexChoice } from "./model/tensor-index/build.ts";
import type { IndexCache } from "./model/tensor-index/index-cache.ts";
import type { CallOptions, Repository } from "./oci/content.ts";
import type { DigestCache } from "./transfer/digest-cache.ts";

export interface PushModelOptions extends CallOptions {
  /** The version to write; default: the next one, or the one that holds this content already. */
  readonly version?: number;
  /** Uploads at a time. */
  readonly concurrency?: number;
  /** Digests of files from earlier pushes; files that have not changed since are not read again. */
  readonly digests?: DigestCache;
  /**
   * Trusts nothing from earlier pushes: reads every file, and looks for every blob at the store, also where the newest
   * version has this content. That repairs a store that has lost blobs.
   */
  readonly rehash?: boolean;
  /**
   * Sends large files while they are hashed, where the repository takes that; should it have them already, what was
   * sent by then was for nothing. Default true.
   */
  readonly speculate?: boolean;
  /**
   * Whether a tensor index is attached, from which later pulls fetch only what changed. Default: of safetensors, when
   * the model has more than 64 MiB of them.
   */
  readonly index?: IndexChoice;
  /** Entries of tensor indexes from earlier pushes. */
  readonly indexes?: IndexCache;
  readonly onEvent?: TransferListener;
}

export interface PushedModel {
  readonly artifact: ModelArtifact;
  /** The version's tag, such as `v4`. */
  readonly version: string;
  /** `present`: this content had a version already, and keeps it. */
  readonly outcome: "created" | "present";
  /** Digest of the manifest that carries the tensor index, when one was attached. */
  readonly index?: Digest;
  /** Why a tensor index that nobody insisted on could not be attached. */
  readonly indexProblem?: string;
}

/**
 * Packs files and directories, uploads them, and names the result as a version in its first state.
 *
 * Safe to run again after an interruption: what is there already is not sent twice, and content has one version only.
 * A version tag is written once and after everything it names.
 *
 * @throws {@link ModelError} when the files cannot be packed; nothing is named or described then.
 * @throws {@link StoreError} `CONFLICT` when `options.version` is taken by other content.
 */
export async function pushModel(
  repository: Repository,
  input: ModelInput,
  options: PushModelOptions = {},
): Promise<PushedModel> {
  const { version, index = "auto", signal } = options;
  const { artifact, early } = await packAndUpload(repository, input, options);
  // Some registries want the model before what refers to it. Before the tag, so that whoever sees the version can see
  // its index.
  const before = early?.indexProblem === undefined ? early : await attachIndex(repository, artifact, options);
  const registered = await registerVersion(repository, artifact.manifest.descriptor, {
    ...(signal ? { signal } : {}),
    ...(version ? { version } : {}),
  });
  // Of a version that was there, and whose files nobody has touched, there is nothing new to be said.
  const isKnown = registered.outcome === "present" && index === "auto";
  const indexed = before || (isKnown ? {} : await attachIndex(repository, artifact, options));
  return { artifact, version: registered.tag, outcome: registered.outcome, ...indexed };
}

type Indexed = Pick<PushedModel, "index" | "indexProblem">;

/** Attaches the tensor index, if the model is to have one. Without it everything works, only slower. */
async function attachIndex(
  repository: Repository,
  { indexed, manifest }: ModelArtifact,
  { index, indexes: cache, onEvent, signal }: PushModelOptions,
): Promise<Indexed> {
  if (!indexed) return {};
  try {
    const { writeTensorIndex } = await import("./model/tensor-index/write.ts");
    const written = await writeTensorIndex(repository, manifest.descriptor, indexed, { cache, onEvent, signal });
    return written ? { index: written.digest } : {};
  } catch (error) {
    if (index === "always" || !isMregError(error)) throw error;
    return { indexProblem: error.message };
  }
}

/** Large files are on their way while the model is packed. They are called back when it cannot be, or not be stored. */
async function packAndUpload(
  repository: Repository,
  input: ModelInput,
  options: PushModelOptions,
): Promise<{ readonly artifact: ModelArtifact; readonly early?: Indexed | undefined }> {
  const { concurrency, digests, rehash, index = "auto", onEvent, signal: asked } = options;
  const ahead = aheadUploads(repository, options);
  const stops = [asked, ahead?.signal].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any(stops);
  try {
    const hashing = { digests, rehash, index, onHashing: ahead?.start };
    const artifact = await buildModel(input, { ...hashing, signal, onEvent });
    const { digest } = artifact.manifest.descriptor;
    const isComplete = !rehash && (await isTaggedVersion(repository, digest, { version: options.version, signal }));
    let early: Indexed | undefined;
    const upload = (stop: AbortSignal) =>
      uploadModel(repository, artifact, { concurrency, isComplete, ahead, signal: stop, onEvent });
    // Meanwhile, since attaching takes its time where referrers are listed under a tag.
    const attach = async (stop: AbortSignal) => {
      if (!artifact.indexed?.some(({ pieces }) => pieces)) return;
      early = await attachIndex(repository, artifact, { ...options, index: "auto", signal: stop });
    };
    await mapConcurrent([upload, attach], 2, (work, stop) => work(stop), signal);
    return { artifact, early };
  } catch (error) {
    await ahead?.cancel(error);
    throw error;
  }
}

function aheadUploads(repository: Repository, options: PushModelOptions): AheadUploads | undefined {
  if (!(repository.pushAhead || repository.stage) || options.speculate === false) return undefined;
  return new AheadUploads(repository, options);
}
