import type { Clock } from "../../base/clock.ts";
import { mapConcurrent } from "../../base/concurrency.ts";
import type { TransferListener, TransferOutcome } from "../../base/events.ts";
import type { RangeReceiver, ReadOnlyTarget, ReferrerLister } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { ContentCache } from "../../transfer/content-cache.ts";
import type { DigestCache } from "../../transfer/digest-cache.ts";
import { DownloadBudgets } from "../../transfer/download-budgets.ts";
import type { DownloadedFile } from "../../transfer/download-file.ts";
import { StagedArchive } from "../archive/staged-archive.ts";
import type { HashedMember } from "../archive/tar-archive.ts";
import { ModelError } from "../errors.ts";
import { comparePaths } from "../file-path.ts";
import { readModel } from "../read.ts";
import type { ModelView, ModelViewFile } from "../view.ts";
import { checkPaths } from "./check-paths.ts";
import { LayerReceiver, layerOf, type WantedLayer } from "./layer-receiver.ts";
import { missingOf, type Planned, planFiles } from "./planned-file.ts";
import { PresentFiles } from "./present-files.ts";
import { isSelected, type Selection } from "./selection.ts";
import { TargetDirectory, type WantedFile } from "./target-directory.ts";

export interface PullOptions extends Selection {
  /** Files in flight. Default 4. */
  readonly concurrency?: number | undefined;
  /** Connections to the store at most, over all files; fewer are used where more bring nothing. Default 16. */
  readonly connections?: number | undefined;
  /** Replace files that are there with other content. Without it such a file stops the pull before anything is fetched. */
  readonly overwrite?: boolean | undefined;
  /** Flush files to the disk before they get their names. Default true. */
  readonly isDurable?: boolean | undefined;
  /** Spares the hashing of files that are there already and that nobody has touched since. It is not saved here. */
  readonly digests?: DigestCache | undefined;
  /** Gives files that an earlier pull kept, and keeps new ones. */
  readonly cache?: ContentCache | undefined;
  /** Directories that may hold an older version; the one that is written to is searched in any case. */
  readonly deltaFrom?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: TransferListener | undefined;
}

export interface PulledFile extends WantedFile {
  readonly outcome: TransferOutcome;
  /** Bytes that came from files on this machine instead of the store. */
  readonly reused: number;
}

export interface PulledModel {
  /** Absolute. */
  readonly directory: string;
  /** Sorted by path. */
  readonly files: readonly PulledFile[];
  /** Bytes fetched from the store, archives included, and also what was fetched twice. */
  readonly received: number;
  /** Bytes that were on this machine already: in older versions, in the cache, or in another file of the model. */
  readonly reused: number;
  /** Bytes that an interrupted pull into this directory had left. */
  readonly resumed: number;
  /** What did not go as an index promised; the files are right in any case. */
  readonly warnings: readonly string[];
}

/** A store that says what is attached to a model, and gives parts of a blob, lets a pull move only what changed. */
export type PullSource = ReadOnlyTarget & Partial<ReferrerLister & RangeReceiver>;

/** An archive that is here, and the files of it that are wanted. */
interface PlannedArchive {
  readonly archive: StagedArchive;
  readonly members: readonly Planned<HashedMember>[];
}

/**
 * Brings the files of a model into a directory.
 *
 * Each file appears under its name only when all its bytes are there and verified; files that are there already stay
 * as they are, so that running an interrupted pull again fetches only the rest, also of a file that had begun to come.
 * One pull at a time works in a directory; others wait for half a minute.
 *
 * @throws {@link ModelError} `PATH_ESCAPE` when the artifact would write elsewhere, `FILE_MISSING` when the selection
 * matches nothing, `CONFIG_INVALID` for an artifact that contradicts itself.
 * @throws {@link StoreError} `ALREADY_EXISTS` when files with other content are in the way; `LOCKED` when another pull
 * into the directory does not end.
 * @throws {@link ContentError} when the store yields other bytes than the manifest promises; the message names the file.
 */
export async function pullModel(
  store: PullSource,
  target: Descriptor,
  directory: string,
  options: PullOptions = {},
): Promise<PulledModel> {
  const view = await readModel(store, target, options);
  return new Pull(store, new TargetDirectory(directory), options).run(view);
}

class Pull {
  readonly #store: PullSource;
  readonly #directory: TargetDirectory;
  readonly #present: PresentFiles;
  readonly #options: PullOptions;
  readonly #emit: TransferListener;
  readonly #budgets: DownloadBudgets;
  readonly #layers: LayerReceiver;
  readonly #bytes = { received: 0, reused: 0, resumed: 0 };
  readonly #reused = new Map<string, number>();
  readonly #warnings: string[] = [];
  #signal = new AbortController().signal;

  constructor(store: PullSource, directory: TargetDirectory, options: PullOptions) {
    const { cache, isDurable, connections } = options;
    this.#store = store;
    this.#directory = directory;
    this.#present = new PresentFiles(directory.path);
    this.#options = options;
    this.#emit = options.onEvent ?? (() => {});
    this.#budgets = new DownloadBudgets(connections === undefined ? {} : { connections });
    const onBytes = (path: string, bytes: number) => this.#emit({ type: "bytes", phase: "pull", path, bytes });
    const budgets = this.#budgets;
    this.#layers = new LayerReceiver({ store, directory, budgets, cache, isDurable, onBytes });
  }

  async run(view: ModelView): Promise<PulledModel> {
    const archives = this.#archives(view);
    const wanted = this.#wantedLayers(view);
    let isComplete = false;
    try {
      await this.#open([...wanted, ...archives.map(layerOf)]);
      const layers = await this.#plan(wanted);
      this.#begin(layers, archives);
      const opened = await this.#openArchives(archives, layers);
      await this.#planDelta(view, layers);
      const files = await this.#fetchAll(layers, opened);
      this.#emit({ type: "end", phase: "pull" });
      await this.#directory.syncNames();
      isComplete = true;
      return { directory: this.#directory.path, files, ...this.#bytes, warnings: this.#warnings };
    } finally {
      await this.#directory.closeStaging(!isComplete);
      await this.#budgets.close();
    }
  }

  async #open(layers: readonly WantedLayer[]): Promise<void> {
    const { signal } = this.#options;
    await this.#directory.openStaging(
      layers.map(({ digest }) => digest),
      signal,
    );
    const signals = [signal, this.#directory.lost].filter((each) => each !== undefined);
    this.#signal = AbortSignal.any(signals);
  }

  /** Everything that can be refused by the manifest alone is refused here, before anything is written. */
  #wantedLayers(view: ModelView): readonly WantedLayer[] {
    const files = view.files.filter(({ archive, path, kind }) => !archive && isSelected(path, kind, this.#options));
    checkPaths(files.map(({ path }) => path));
    return files.map(layerOf);
  }

  /** An archive's kind is known before it is fetched, its paths are not. */
  #archives(view: ModelView): readonly ModelViewFile[] {
    const { kinds } = this.#options;
    return view.files.filter(({ archive, kind }) => archive && (kinds?.includes(kind) ?? true));
  }

  /** What archives hold is checked together with the layers: no two files may have one path. */
  async #openArchives(
    archives: readonly ModelViewFile[],
    layers: readonly WantedLayer[],
  ): Promise<readonly PlannedArchive[]> {
    const parts = { directory: this.#directory, layers: this.#layers, signal: this.#signal };
    const opened: { archive: StagedArchive; members: readonly HashedMember[] }[] = [];
    for (const file of archives) {
      const archive = await StagedArchive.open(file, parts);
      this.#count(file.path, archive.downloaded);
      const members = archive.members.filter(({ path }) => isSelected(path, file.kind, this.#options));
      opened.push({ archive, members });
    }
    const all = opened.flatMap(({ members }) => members);
    checkPaths([...layers, ...all].map(({ path }) => path));
    const planned: PlannedArchive[] = [];
    for (const { archive, members } of opened) planned.push({ archive, members: await this.#plan(members) });
    return planned;
  }

  #plan<T extends WantedFile>(files: readonly T[]): Promise<readonly Planned<T>[]> {
    return planFiles(files, this.#present, { ...this.#options, signal: this.#signal });
  }

  /** Looks for older versions of what is missing, where the store can give parts. */
  async #planDelta(view: ModelView, layers: readonly Planned<WantedLayer>[]): Promise<void> {
    const store = this.#store;
    const files = missingOf(layers);
    if (!isIndexed(store) || files.length === 0) return;
    const { planDelta } = await import("../tensor-index/delta.ts");
    const { path: target, staging } = this.#directory;
    const { deltaFrom: from = [], cache } = this.#options;
    const path = "older versions";
    // How much there is to hash is known when it has been found; what is wanted is the best guess.
    this.#emit({ type: "begin", phase: "hash", files: 1, bytes: files.reduce((sum, { size }) => sum + size, 0) });
    const onBytes = (bytes: number) => this.#emit({ type: "bytes", phase: "hash", path, bytes });
    const request = { store, model: view.manifest.descriptor, files, target, staging, from };
    const blobs = cache?.blobsPath;
    const delta = await planDelta({ ...request, blobs }, { signal: this.#signal, onBytes });
    this.#emit({ type: "end", phase: "hash" });
    this.#layers.reuse = delta.reuse;
    this.#warnings.push(...delta.problems);
  }

  /** An archive counts by its own bytes; how many files it is comes out later. */
  #begin(layers: readonly Planned<WantedLayer>[], archives: readonly ModelViewFile[]): void {
    const bytes = [...missingOf(layers), ...archives.map(layerOf)].reduce((sum, { size }) => sum + size, 0);
    this.#emit({ type: "begin", phase: "pull", files: layers.length, bytes });
  }

  async #fetchAll(
    layers: readonly Planned<WantedLayer>[],
    archives: readonly PlannedArchive[],
  ): Promise<readonly PulledFile[]> {
    const files: readonly Planned[] = [...layers, ...archives.flatMap(({ members }) => members)];
    if (files.length === 0) throw new ModelError("FILE_MISSING", "no file of the artifact is selected");
    const { concurrency = 4 } = this.#options;
    await mapConcurrent(layers, concurrency, (layer, signal) => this.#place(layer, signal), this.#signal);
    for (const archive of archives) await this.#restore(archive);
    return files
      .map((file) => ({ ...pulled(file), reused: this.#reused.get(file.path) ?? 0 }))
      .sort((a, b) => comparePaths(a.path, b.path));
  }

  async #place(layer: Planned<WantedLayer>, signal: AbortSignal): Promise<void> {
    if (layer.presence !== "present") this.#count(layer.path, await this.#layers.place(layer, signal));
    this.#emit({ type: "file", phase: "pull", path: layer.path, outcome: pulled(layer).outcome });
  }

  async #restore({ archive, members }: PlannedArchive): Promise<void> {
    const { isDurable } = this.#options;
    this.#emit({ type: "more", phase: "pull", files: members.length, bytes: 0 });
    const tell = ({ path }: WantedFile, outcome: TransferOutcome) =>
      this.#emit({ type: "file", phase: "pull", path, outcome });
    for (const member of members) if (member.presence === "present") tell(member, "present");
    const onFile = (file: WantedFile) => tell(file, "done");
    await archive.restore(missingOf(members), this.#directory, { signal: this.#signal, isDurable, onFile });
  }

  #count(path: string, { received, reused, resumed, fellBack }: DownloadedFile): void {
    this.#bytes.received += received;
    this.#bytes.reused += reused;
    this.#bytes.resumed += resumed;
    this.#reused.set(path, reused);
    if (fellBack)
      this.#warnings.push(`${path}: local pieces that an index named do not make the file; it was fetched as a whole`);
  }
}

/** Nothing is saved where a store gives no parts, or from a disk, where a copy of all is as good as a copy of some. */
function isIndexed(store: PullSource): store is ReadOnlyTarget & ReferrerLister & RangeReceiver {
  return "referrers" in store && "receive" in store && !store.isLocal;
}

function pulled({ path, digest, size, presence }: Planned): Omit<PulledFile, "reused"> {
  return { path, digest, size, outcome: presence === "present" ? "present" : "done" };
}
