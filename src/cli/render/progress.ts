import type { Ora } from "ora";
import type { TransferEvent, TransferListener, TransferPhase, WaitCause } from "../../base/events.ts";
import type { Output } from "../output.ts";
import { count, formatBytes, safe } from "./text.ts";

/** Without a terminal, a line this often: enough to see life, few enough for a CI log. */
const lineIntervalMs = 5_000;

/** On a terminal, new text this often: the spinner itself turns no faster, and chunks come by the thousand. */
const textIntervalMs = 100;

export interface ProgressOptions {
  readonly stderr: Output;
  readonly isTerminal: boolean;
  readonly now: () => number;
}

interface Phase {
  files: number;
  bytes: number;
  readonly startedMs: number;
  filesDone: number;
  bytesDone: number;
  path: string;
}

const verbs: Readonly<Record<TransferPhase, string>> = {
  hash: "hashing",
  push: "pushing",
  pull: "pulling",
  copy: "copying",
};

/** Shows long work on stderr: a spinner on a terminal, a plain line now and then elsewhere. */
export class Progress {
  readonly #options: ProgressOptions;
  /** What is being done, in the order in which it began; hashing and sending go on at the same time. */
  readonly #phases = new Map<TransferPhase, Phase>();
  /** Who stands still, and for whom. */
  readonly #waits = new Map<string, { readonly cause: WaitCause; readonly untilMs: number | undefined }>();
  #retries = 0;
  #spinner: Ora | undefined;
  #lastLineMs = 0;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  readonly listen: TransferListener = (event) => {
    if (event.type === "begin") this.#begin(event);
    else if (this.#phases.size > 0) this.#update(event);
  };

  /** Clears the spinner, so that an error or a result starts on a line of its own. */
  stop(): void {
    this.#spinner?.stop();
    this.#spinner = undefined;
    this.#phases.clear();
    this.#waits.clear();
    this.#retries = 0;
  }

  #begin({ phase, files, bytes }: TransferEvent & { type: "begin" }): void {
    const startedMs = this.#options.now();
    if (this.#phases.size === 0) this.#lastLineMs = startedMs;
    this.#phases.set(phase, { files, bytes, startedMs, filesDone: 0, bytesDone: 0, path: "" });
    if (this.#options.isTerminal) void this.#spin();
  }

  async #spin(): Promise<void> {
    const { default: ora } = await import("ora");
    if (this.#phases.size > 0 && !this.#spinner)
      // A terminal is the stream itself.
      this.#spinner = ora({ stream: this.#options.stderr as NodeJS.WriteStream, text: this.#line() }).start();
  }

  #update(event: Exclude<TransferEvent, { type: "begin" }>): void {
    if (event.type === "end") {
      this.#phases.delete(event.phase);
      if (this.#phases.size === 0) this.stop();
      return;
    }
    if ("phase" in event) tally(this.#phases.get(event.phase), event);
    if (event.type === "retry") this.#retries++;
    if (event.type === "resume") this.#waits.delete(event.subject);
    const isLong = event.type === "wait" && (event.waitMs ?? 0) >= lineIntervalMs;
    const now = this.#options.now();
    if (event.type === "wait") {
      const untilMs = event.waitMs === undefined ? undefined : now + event.waitMs;
      this.#waits.set(event.subject, { cause: event.cause, untilMs });
    }
    // A long pause is told at once: nothing else may happen until it is over.
    if (!isLong && now - this.#lastLineMs < (this.#options.isTerminal ? textIntervalMs : lineIntervalMs)) return;
    this.#lastLineMs = now;
    if (this.#spinner) this.#spinner.text = this.#line();
    else if (!this.#options.isTerminal) this.#options.stderr.write(`${this.#line()}\n`);
  }

  #line(): string {
    const now = this.#options.now();
    const phases = [...this.#phases].map(([name, phase]) => `${verbs[name]} ${progressOf(phase, now)}`);
    const retries = this.#retries > 0 ? `, ${this.#retries} ${this.#retries === 1 ? "retry" : "retries"}` : "";
    const path = [...this.#phases.values()].findLast((phase) => phase.path)?.path ?? "";
    return `${phases.join("; ")}${this.#waiting(now)}${retries}  ${safe(path)}`.trimEnd();
  }

  /** The longest pause that the registry asked for; short ones of our own only when there is nothing else to say. */
  #waiting(now: number): string {
    const waits = [...this.#waits.values()];
    const asked = waits.filter(({ cause }) => cause === "registry");
    const [shown, why] = asked.length > 0 ? [asked, " as the registry asks"] : [waits, ""];
    if (shown.length === 0) return "";
    const ends = shown.map(({ untilMs }) => untilMs ?? now);
    const seconds = Math.ceil(Math.max(0, Math.max(...ends) - now) / 1000);
    return `, waiting${seconds > 0 ? ` ${seconds} s` : ""}${why}`;
  }
}

function tally(phase: Phase | undefined, event: TransferEvent): void {
  if (!phase) return;
  if (event.type === "more") {
    phase.files += event.files;
    phase.bytes += event.bytes;
  }
  if (event.type === "bytes") {
    phase.bytesDone += event.bytes;
    phase.path = event.path;
  }
  if (event.type === "file") phase.filesDone++;
}

function progressOf(phase: Phase, now: number): string {
  const seconds = Math.max((now - phase.startedMs) / 1000, 0.001);
  const rate = phase.bytesDone / seconds;
  const left = rate > 0 ? `, ${Math.ceil(Math.max(phase.bytes - phase.bytesDone, 0) / rate)} s left` : "";
  const done = `${phase.filesDone} of ${count(phase.files, "file")}`;
  return `${done}, ${formatBytes(phase.bytesDone)} of ${formatBytes(phase.bytes)}, ${formatBytes(rate)}/s${left}`;
}
