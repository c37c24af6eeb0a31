import { mapConcurrent } from "../../base/concurrency.ts";
import type { TransferListener } from "../../base/events.ts";
import type { Target } from "../../oci/content.ts";
import { annotationKeys } from "../../oci/media-types.ts";
import { manifestSource } from "../../oci/pack.ts";
import type { BlobSource } from "../../oci/source.ts";
import { ModelError } from "../errors.ts";
import type { AheadUploads } from "./ahead.ts";
import type { ModelArtifact } from "./build.ts";
import { named } from "./hash-pass.ts";

export interface UploadOptions {
  /** Blobs in flight. Default 4. */
  readonly concurrency?: number | undefined;
  /** The store is known to hold all of it: nothing is looked for. */
  readonly isComplete?: boolean | undefined;
  /** Uploads of files of the model that began before it was packed. */
  readonly ahead?: AheadUploads | undefined;
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
  const { ahead, signal } = options;
  const blobs = distinct([artifact.config, ...artifact.layers]);
  const before = ahead?.takeCount(blobs.map(pathOf));
  const fresh = blobs.filter((blob) => !before?.counted.has(pathOf(blob)));
  const bytes = fresh.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  emit({ type: before?.hasBegun ? "more" : "begin", phase: "push", files: fresh.length, bytes });
  // Uploads that are ahead find out by themselves that their content is there, and tell what became of it.
  const isSent = async (path: string) => ahead !== undefined && (await ahead.outcome(path)) !== "declined";
  if (options.isComplete) {
    for (const path of blobs.map(pathOf)) {
      if (!(await isSent(path))) emit({ type: "file", phase: "push", path, outcome: "present" });
    }
  } else {
    const upload = async (blob: BlobSource, each: AbortSignal) => {
      if (!(await isSent(pathOf(blob)))) await uploadBlob(store, blob, { signal: each, onEvent: emit });
    };
    await mapConcurrent(blobs, options.concurrency ?? 4, upload, signal);
    await store.push(manifestSource(artifact.manifest), { signal });
  }
  emit({ type: "end", phase: "push" });
}

function pathOf({ descriptor }: BlobSource): string {
  return descriptor.annotations?.[annotationKeys.title] ?? "config";
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
  const path = pathOf(blob);
  let sent = 0;
  const onBytes = (bytes: number) => {
    sent += bytes;
    onEvent({ type: "bytes", phase: "push", path, bytes });
  };
  await aboutFile(path, () => store.push(blob, { signal, onBytes }));
  const isMoved = sent > 0 || blob.descriptor.size === 0;
  onEvent({ type: "file", phase: "push", path, outcome: isMoved ? "done" : "present" });
}

/** Sends a file; what is wrong with it is reported under its path. */
export async function aboutFile<T>(path: string, send: () => Promise<T>): Promise<T> {
  try {
    return await named(path, send);
  } catch (cause) {
    if (!isGone(cause)) throw cause;
    throw new ModelError("FILE_MISSING", `${path}: the file has gone since it was hashed`, { cause, path });
  }
}

/** Stores may wrap what the source threw. */
function isGone(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return true;
  }
  return false;
}
