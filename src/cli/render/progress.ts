import type { Ora } from "ora";
import type { TransferEvent, TransferListener } from "../../base/events.ts";
import { count, formatBytes } from "./text.ts";

/** Without a terminal, a line this often: enough to see life, few enough for a CI log. */
const lineIntervalMs = 5_000;

/** On a terminal, new text this often: the spinner itself turns no faster, and chunks come by the thousand. */
const textIntervalMs = 100;

export interface ProgressOptions {
  readonly stderr: NodeJS.WriteStream;
  readonly isTerminal: boolean;
  readonly now: () => number;
}

interface Phase {
  readonly name: string;
  files: number;
  bytes: number;
  readonly startedMs: number;
  filesDone: number;
  bytesDone: number;
  retries: number;
  path: string;
}

const verbs: Readonly<Record<string, string>> = { hash: "hashing", push: "pushing", pull: "pulling", copy: "copying" };

/** Shows long work on stderr: a spinner on a terminal, a plain line now and then elsewhere. */
export class Progress {
  readonly #options: ProgressOptions;
  #phase: Phase | undefined;
  #spinner: Ora | undefined;
  #lastLineMs = 0;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  readonly listen: TransferListener = (event) => {
    if (event.type === "begin") this.#begin(event);
    else if (this.#phase) this.#update(this.#phase, event);
  };

  /** Clears the spinner, so that an error or a result starts on a line of its own. */
  stop(): void {
    this.#spinner?.stop();
    this.#spinner = undefined;
    this.#phase = undefined;
  }

  #begin(event: TransferEvent & { type: "begin" }): void {
    this.stop();
    const startedMs = this.#options.now();
    this.#phase = { ...event, name: event.phase, startedMs, filesDone: 0, bytesDone: 0, retries: 0, path: "" };
    this.#lastLineMs = startedMs;
    if (this.#options.isTerminal) void this.#spin();
  }

  async #spin(): Promise<void> {
    const { default: ora } = await import("ora");
    if (this.#phase && !this.#spinner)
      this.#spinner = ora({ stream: this.#options.stderr, text: this.#line(this.#phase) }).start();
  }

  #update(phase: Phase, event: TransferEvent): void {
    if (event.type === "retry") phase.retries++;
    if (event.type === "more") {
      phase.files += event.files;
      phase.bytes += event.bytes;
    }
    if (event.type === "bytes") {
      phase.bytesDone += event.bytes;
      phase.path = event.path;
    }
    if (event.type === "file") phase.filesDone++;
    if (event.type === "end") {
      this.stop();
      return;
    }
    const now = this.#options.now();
    if (now - this.#lastLineMs < (this.#options.isTerminal ? textIntervalMs : lineIntervalMs)) return;
    this.#lastLineMs = now;
    if (this.#spinner) this.#spinner.text = this.#line(phase);
    else if (!this.#options.isTerminal) this.#options.stderr.write(`${this.#line(phase)}\n`);
  }

  #line(phase: Phase): string {
    const seconds = Math.max((this.#options.now() - phase.startedMs) / 1000, 0.001);
    const rate = phase.bytesDone / seconds;
    const left = rate > 0 ? `, ${Math.ceil(Math.max(phase.bytes - phase.bytesDone, 0) / rate)} s left` : "";
    const retries = phase.retries > 0 ? `, ${phase.retries} ${phase.retries === 1 ? "retry" : "retries"}` : "";
    const done = `${phase.filesDone} of ${count(phase.files, "file")}`;
    const bytes = `${formatBytes(phase.bytesDone)} of ${formatBytes(phase.bytes)}`;
    return `${verbs[phase.name] ?? phase.name} ${done}, ${bytes}, ${formatBytes(rate)}/s${left}${retries}  ${phase.path}`.trimEnd();
  }
}
