import { join } from "node:path";
import { writeFileAtomic } from "../base/atomic-file.ts";
import type { ByteStream } from "../base/bytes.ts";
import { mapConcurrent } from "../base/concurrency.ts";
import { digestHex } from "../base/digest.ts";
import type { TransferListener, TransferOutcome } from "../base/events.ts";
import type { ReadOnlyTarget } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { StoreError } from "../oci/errors.ts";
import { ModelError } from "./errors.ts";
import { comparePaths } from "./file-path.ts";
import { named } from "./hash-pass.ts";
import { readModel } from "./read.ts";
import { isSelected, type Selection } from "./selection.ts";
import { listArchive } from "./tar-archive.ts";
import { type Presence, TargetDirectory, type WantedFile } from "./target-directory.ts";
import type { ModelView, ModelViewFile } from "./view.ts";

export interface PullOptions extends Selection {
  /** Files in flight. Default 4. */
  readonly concurrency?: number | undefined;
  /** Replace files that are there with other content. Without it such a file stops the pull before anything is fetched. */
  readonly overwrite?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: TransferListener | undefined;
}

export interface PulledFile extends WantedFile {
  readonly outcome: TransferOutcome;
}

export interface PulledModel {
  /** Absolute. */
  readonly directory: string;
  /** Sorted by path. */
  readonly files: readonly PulledFile[];
}

/** A wanted file whose bytes can be had, and what is in its place now. */
interface PlannedFile extends WantedFile {
  readonly presence: Presence;
  open(signal: AbortSignal): ByteStream;
}

/**
 * Brings the files of a model into a directory.
 *
 * Each file appears under its name only when all its bytes are there and verified; files that are there already stay
 * as they are, so that running an interrupted pull again fetches only the rest.
 *
 * @throws {@link ModelError} `PATH_ESCAPE` when the artifact would write elsewhere, `FILE_MISSING` when the selection
 * matches nothing, `CONFIG_INVALID` for an artifact that contradicts itself.
 * @throws {@link StoreError} `ALREADY_EXISTS` when files with other content are in the way.
 * @throws {@link ContentError} when the store yields other bytes than the manifest promises; the message names the file.
 */
export async function pullModel(
  store: ReadOnlyTarget,
  target: Descriptor,
  directory: string,
  options: PullOptions = {},
): Promise<PulledModel> {
  const view = await readModel(store, target, options);
  return new Pull(store, new TargetDirectory(directory), options).run(view);
}

class Pull {
  readonly #store: ReadOnlyTarget;
  readonly #directory: TargetDirectory;
  readonly #options: PullOptions;
  readonly #emit: TransferListener;

  constructor(store: ReadOnlyTarget, directory: TargetDirectory, options: PullOptions) {
    this.#store = store;
    this.#directory = directory;
    this.#options = options;
    this.#emit = options.onEvent ?? (() => {});
  }

  async run(view: ModelView): Promise<PulledModel> {
    refuseCompressed(this.#archives(view));
    const layers = await this.#planLayers(view);
    await this.#directory.openStaging();
    try {
      const files = [...layers, ...(await this.#planMembers(view, layers))];
      if (files.length === 0) throw new ModelError("FILE_MISSING", "no file of the artifact is selected");
      return { directory: this.#directory.path, files: await this.#fetchAll(files) };
    } finally {
      await this.#directory.closeStaging();
    }
  }

  /** Everything that can be refused by the manifest alone is refused here, before a byte is fetched. */
  async #planLayers(view: ModelView): Promise<readonly PlannedFile[]> {
    const files = view.files.filter(({ archive, path, kind }) => !archive && isSelected(path, kind, this.#options));
    this.#directory.check(files.map(({ path }) => path));
    const openers = files.map(({ path, descriptor }) => ({
      path,
      digest: descriptor.digest,
      size: descriptor.size,
      open: (signal: AbortSignal) => this.#store.fetch(descriptor, { signal }),
    }));
    return this.#plan(openers);
  }

  /** What an archive holds is known once it is here: it is fetched into the staging directory and read from there. */
  async #planMembers(view: ModelView, layers: readonly PlannedFile[]): Promise<readonly PlannedFile[]> {
    const members: Omit<PlannedFile, "presence">[] = [];
    for (const { path: name, kind, descriptor } of this.#archives(view)) {
      const location = join(this.#directory.staging, `${digestHex(descriptor.digest)}.tar`);
      const { signal } = this.#options;
      const content = this.#store.fetch(descriptor, { signal });
      await named(name, () => writeFileAtomic(location, content, signal ? { signal } : {}));
      const listed = await listArchive(location, name);
      members.push(...listed.filter(({ path }) => isSelected(path, kind, this.#options)));
    }
    this.#directory.check([...layers, ...members].map(({ path }) => path));
    return this.#plan(members);
  }

  /** An archive's kind is known before it is fetched, its paths are not. */
  #archives(view: ModelView): readonly ModelViewFile[] {
    const { kinds } = this.#options;
    return view.files.filter(({ archive, kind }) => archive && (kinds?.includes(kind) ?? true));
  }

  async #plan(files: readonly Omit<PlannedFile, "presence">[]): Promise<readonly PlannedFile[]> {
    const { concurrency = 4, signal, overwrite } = this.#options;
    const planned = await mapConcurrent(
      files,
      concurrency,
      async (file, abort) => ({ ...file, presence: await this.#directory.presence(file, abort) }),
      signal,
    );
    const different = planned.filter(({ presence }) => presence === "different").map(({ path }) => path);
    if (different.length === 0 || overwrite) return planned;
    const shown = different.slice(0, 5).join(", ") + (different.length > 5 ? ` and ${different.length - 5} more` : "");
    throw new StoreError("ALREADY_EXISTS", `${this.#directory.path} holds files with other content: ${shown}`);
  }

  async #fetchAll(files: readonly PlannedFile[]): Promise<readonly PulledFile[]> {
    const missing = files.filter(({ presence }) => presence !== "present");
    const bytes = missing.reduce((sum, { size }) => sum + size, 0);
    this.#emit({ type: "begin", phase: "pull", files: files.length, bytes });
    const { concurrency = 4, signal } = this.#options;
    const pulled = await mapConcurrent(files, concurrency, (file, abort) => this.#place(file, abort), signal);
    this.#emit({ type: "end", phase: "pull" });
    return pulled.sort((a, b) => comparePaths(a.path, b.path));
  }

  async #place(file: PlannedFile, signal: AbortSignal): Promise<PulledFile> {
    const { path, digest, size, presence } = file;
    const outcome = presence === "present" ? "present" : "done";
    if (outcome === "done") {
      await named(path, () => this.#directory.write(path, this.#counted(path, file.open(signal)), signal));
    }
    this.#emit({ type: "file", phase: "pull", path, outcome });
    return { path, digest, size, outcome };
  }

  async *#counted(path: string, stream: ByteStream): ByteStream {
    for await (const chunk of stream) {
      this.#emit({ type: "bytes", phase: "pull", path, bytes: chunk.byteLength });
      yield chunk;
    }
  }
}

/** Writing the compressed bytes under the directory's name would look like success. */
function refuseCompressed(archives: readonly ModelViewFile[]): void {
  const compressed = archives.find(({ archive }) => archive !== "tar");
  if (!compressed) return;
  const { path, archive } = compressed;
  throw new ModelError("CONFIG_INVALID", `${path} is a ${archive} archive, expected single files or uncompressed tar`);
}
