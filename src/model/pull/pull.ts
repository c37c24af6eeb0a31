import type { Clock } from "../../base/clock.ts";
import { mapConcurrent } from "../../base/concurrency.ts";
import type { TransferListener, TransferOutcome } from "../../base/events.ts";
import type { RangeReceiver, ReadOnlyTarget, ReferrerLister } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { ContentCache } from "../../transfer/content-cache.ts";
import type { DigestCache } from "../../transfer/digest-cache.ts";
import { ModelError } from "../errors.ts";
import { comparePaths } from "../file-path.ts";
import { readModel } from "../read.ts";
import type { ModelView, ModelViewFile } from "../view.ts";
import { openArchives, type PlannedArchive, restoreMembers } from "./archives.ts";
import { checkPaths } from "./check-paths.ts";
import { layerOf, type WantedLayer } from "./layer-receiver.ts";
import { findOlderVersions } from "./older-versions.ts";
import { missingOf, type Planned } from "./planned-file.ts";
import { PullReport } from "./pull-report.ts";
import { type Selection, selectArchives, selectLayers } from "./selection.ts";
import type { WantedFile } from "./target-directory.ts";
import { Workplace } from "./workplace.ts";

export interface PullOptions extends Selection {
  /** Files in flight. Default 4. */
  readonly concurrency?: number | undefined;
  /** Connections to the store at most, over all files; fewer are used where more bring nothing. Default 16. */
  readonly connections?: number | undefined;
  /**
   * Replace files that are there with other content. Without it such a file stops the pull before anything is fetched.
   */
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
 * @throws {@link ContentError} when the store yields other bytes than the manifest promises; the message names the
 * file.
 */
export async function pullModel(
  store: PullSource,
  target: Descriptor,
  directory: string,
  options: PullOptions = {},
): Promise<PulledModel> {
  const view = await readModel(store, target, options);
  return new Pull(store, directory, options).run(view);
}

class Pull {
  readonly #store: PullSource;
  readonly #options: PullOptions;
  readonly #report: PullReport;
  readonly #place: Workplace;

  constructor(store: PullSource, path: string, options: PullOptions) {
    this.#store = store;
    this.#options = options;
    this.#report = new PullReport(options.onEvent);
    this.#place = new Workplace({ store, path, options, report: this.#report });
  }

  async run(view: ModelView): Promise<PulledModel> {
    const [place, report] = [this.#place, this.#report];
    const archives = selectArchives(view, this.#options);
    const wanted = selectLayers(view, this.#options).map(layerOf);
    // Everything that can be refused by the manifest alone is refused here, before anything is written.
    checkPaths(wanted.map(({ path }) => path));
    let isComplete = false;
    try {
      await place.open([...wanted, ...archives.map(layerOf)].map(({ digest }) => digest));
      const layers = await place.plan(wanted);
      this.#begin(layers, archives);
      const opened = await openArchives(archives, { place, selection: this.#options, besides: layers, report });
      await this.#reuseOlder(view, layers);
      const files = await this.#fetchAll(layers, opened);
      report.end();
      await place.directory.syncNames();
      isComplete = true;
      return { directory: place.directory.path, files, ...report.sums, warnings: report.warnings };
    } finally {
      await place.close(!isComplete);
    }
  }

  /** An archive counts by its own bytes; how many files it is comes out later. */
  #begin(layers: readonly Planned<WantedLayer>[], archives: readonly ModelViewFile[]): void {
    const bytes = [...missingOf(layers), ...archives.map(layerOf)].reduce((sum, { size }) => sum + size, 0);
    this.#report.begin(layers.length, bytes);
  }

  async #reuseOlder(view: ModelView, layers: readonly Planned<WantedLayer>[]): Promise<void> {
    const { directory, signal } = this.#place;
    const { deltaFrom: from = [], cache, onEvent } = this.#options;
    const places = { target: directory.path, staging: directory.staging, from, blobs: cache?.blobsPath };
    const wanted = { store: this.#store, model: view.manifest.descriptor, files: missingOf(layers) };
    const { reuse, problems } = await findOlderVersions({ ...wanted, ...places }, { signal, onEvent });
    this.#place.layers.reuse = reuse;
    this.#report.warnings.push(...problems);
  }

  async #fetchAll(
    layers: readonly Planned<WantedLayer>[],
    archives: readonly PlannedArchive[],
  ): Promise<readonly PulledFile[]> {
    const files: readonly Planned[] = [...layers, ...archives.flatMap(({ members }) => members)];
    if (files.length === 0) throw new ModelError("FILE_MISSING", "no file of the artifact is selected");
    const [place, report] = [this.#place, this.#report];
    const { concurrency = 4, isDurable } = this.#options;
    await mapConcurrent(layers, concurrency, (layer, signal) => this.#bring(layer, signal), place.signal);
    for (const archive of archives) await restoreMembers(archive, { place, isDurable, report });
    return files
      .map((file) => ({ ...pulled(file), reused: report.reusedFor(file.path) }))
      .sort((a, b) => comparePaths(a.path, b.path));
  }

  async #bring(layer: Planned<WantedLayer>, signal: AbortSignal): Promise<void> {
    if (layer.presence !== "present") this.#report.add(layer.path, await this.#place.layers.place(layer, signal));
    this.#report.file(layer.path, pulled(layer).outcome);
  }
}

function pulled({ path, digest, size, presence }: Planned): Omit<PulledFile, "reused"> {
  return { path, digest, size, outcome: presence === "present" ? "present" : "done" };
}
