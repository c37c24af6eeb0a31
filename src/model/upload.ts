import { mapConcurrent } from "../base/concurrency.ts";
import type { TransferListener } from "../base/events.ts";
import type { Target } from "../oci/content.ts";
import { annotationKeys } from "../oci/media-types.ts";
import { manifestSource } from "../oci/pack.ts";
import type { BlobSource } from "../oci/source.ts";
import type { ModelArtifact } from "./build.ts";
import { ModelError } from "./errors.ts";
import { named } from "./hash-pass.ts";

export interface UploadOptions {
  /** Blobs in flight. Default 4. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: TransferListener | undefined;
}

/**
 * Stores a model: its blobs, several at a time, then its manifest. It is not tagged, so that nobody meets it by a name
 * before the caller has decided on one.
 *
 * Running it again after an interruption moves only what is missing.
 *
 * @throws {@link ContentError} when a file is not what it was when it was hashed; the message names it, and no manifest
 * is stored.
 * @throws {@link ModelError} `FILE_MISSING` when a file has gone since.
 */
export async function uploadModel(store: Target, artifact: ModelArtifact, options: UploadOptions = {}): Promise<void> {
  const emit = options.onEvent ?? (() => {});
  const blobs = distinct([artifact.config, ...artifact.layers]);
  const bytes = blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  emit({ type: "begin", phase: "push", files: blobs.length, bytes });
  await mapConcurrent(
    blobs,
    options.concurrency ?? 4,
    (blob, signal) => uploadBlob(store, blob, { signal, onEvent: emit }),
    options.signal,
  );
  await store.push(manifestSource(artifact.manifest), { signal: options.signal });
  emit({ type: "end", phase: "push" });
}

/** Files with equal content are one blob. */
function distinct(sources: readonly BlobSource[]): readonly BlobSource[] {
  return [...new Map(sources.map((source) => [source.descriptor.digest, source])).values()];
}

async function uploadBlob(
  store: Target,
  blob: BlobSource,
  { signal, onEvent }: { readonly signal: AbortSignal; readonly onEvent: TransferListener },
): Promise<void> {
  const path = blob.descriptor.annotations?.[annotationKeys.title] ?? "config";
  let sent = 0;
  const onBytes = (bytes: number) => {
    sent += bytes;
    onEvent({ type: "bytes", phase: "push", path, bytes });
  };
  try {
    await named(path, () => store.push(blob, { signal, onBytes }));
  } catch (cause) {
    if (!isGone(cause)) throw cause;
    throw new ModelError("FILE_MISSING", `${path}: the file has gone since it was hashed`, { cause, path });
  }
  const isMoved = sent > 0 || blob.descriptor.size === 0;
  onEvent({ type: "file", phase: "push", path, outcome: isMoved ? "done" : "present" });
}

/** Stores may wrap what the source threw. */
function isGone(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return true;
  }
  return false;
}
