import type { TransferListener, TransferOutcome } from "../../base/events.ts";
import type { DownloadedFile } from "../../transfer/download-file.ts";

/** What is told about a pull: events while it runs, sums when it is done. */
export class PullReport {
  readonly warnings: string[] = [];
  readonly #emit: TransferListener;
  readonly #bytes = { received: 0, reused: 0, resumed: 0 };
  readonly #reused = new Map<string, number>();

  constructor(onEvent: TransferListener = () => {}) {
    this.#emit = onEvent;
  }

  begin(files: number, bytes: number): void {
    this.#emit({ type: "begin", phase: "pull", files, bytes });
  }

  /** Files were found in something whose bytes are counted already. */
  more(files: number): void {
    this.#emit({ type: "more", phase: "pull", files, bytes: 0 });
  }

  bytes(path: string, count: number): void {
    this.#emit({ type: "bytes", phase: "pull", path, bytes: count });
  }

  file(path: string, outcome: TransferOutcome): void {
    this.#emit({ type: "file", phase: "pull", path, outcome });
  }

  end(): void {
    this.#emit({ type: "end", phase: "pull" });
  }

  /** Adds where the bytes of a file or an archive came from. */
  add(path: string, { received, reused, resumed, fellBack }: DownloadedFile): void {
    this.#bytes.received += received;
    this.#bytes.reused += reused;
    this.#bytes.resumed += resumed;
    this.#reused.set(path, reused);
    if (fellBack)
      this.warnings.push(`${path}: local pieces that an index named do not make the file; it was fetched as a whole`);
  }

  /** Bytes of a file that came from this machine. */
  reusedFor(path: string): number {
    return this.#reused.get(path) ?? 0;
  }

  get sums(): { readonly received: number; readonly reused: number; readonly resumed: number } {
    return this.#bytes;
  }
}
