import type { Digest } from "../../base/digest.ts";
import { DownloadBudgets } from "../../transfer/download-budgets.ts";
import { LayerReceiver } from "./layer-receiver.ts";
import { type Planned, planFiles } from "./planned-file.ts";
import { PresentFiles } from "./present-files.ts";
import type { PullOptions, PullSource } from "./pull.ts";
import type { PullReport } from "./pull-report.ts";
import { TargetDirectory, type WantedFile } from "./target-directory.ts";

export interface WorkplaceParts {
  readonly store: PullSource;
  /** Of the directory. */
  readonly path: string;
  readonly options: PullOptions;
  readonly report: PullReport;
}

/** What a pull has while it runs: its directory, which nobody else pulls into, and the ways that layers come there. */
export class Workplace {
  readonly directory: TargetDirectory;
  readonly layers: LayerReceiver;
  readonly #present: PresentFiles;
  readonly #budgets: DownloadBudgets;
  readonly #options: PullOptions;
  #signal = new AbortController().signal;

  constructor({ store, path, options, report }: WorkplaceParts) {
    const { cache, isDurable, connections } = options;
    this.#options = options;
    this.directory = new TargetDirectory(path);
    this.#present = new PresentFiles(this.directory.path);
    this.#budgets = new DownloadBudgets(connections === undefined ? {} : { connections });
    const onBytes = (path: string, count: number) => report.bytes(path, count);
    const parts = { store, directory: this.directory, budgets: this.#budgets };
    this.layers = new LayerReceiver({ ...parts, cache, isDurable, onBytes });
  }

  /** Aborted with the signal of the caller, and when another process took over the directory. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  /**
   * @param wanted - digests whose incomplete files an earlier pull may have left.
   * @throws {@link StoreError} `LOCKED` when another pull into the directory does not end.
   */
  async open(wanted: readonly Digest[]): Promise<void> {
    const { signal } = this.#options;
    await this.directory.openStaging(wanted, signal);
    const signals = [signal, this.directory.lost].filter((each) => each !== undefined);
    this.#signal = AbortSignal.any(signals);
  }

  /** Tells what is in the place of files with checked paths. Throws like {@link planFiles}. */
  plan<T extends WantedFile>(files: readonly T[]): Promise<readonly Planned<T>[]> {
    return planFiles(files, this.#present, { ...this.#options, signal: this.#signal });
  }

  /** To be called in any case. @param isResumable - leave incomplete files for the next pull. */
  async close(isResumable: boolean): Promise<void> {
    await this.directory.closeStaging(isResumable);
    await this.#budgets.close();
  }
}
