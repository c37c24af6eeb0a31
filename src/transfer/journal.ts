import { closeSync, fstatSync, openSync, readFileSync, writeSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { Digest } from "../base/digest.ts";
import type { ByteRange } from "../oci/content.ts";
import { journalLimitBytes } from "./limits.ts";
import { RangeSet } from "./range-set.ts";

/** What a journal is about. */
export interface Journaled {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/**
 * Which bytes of an incomplete file have been written, so that a later run fetches only the rest.
 *
 * A first line that says which content it is about, then one line `<start> <end>` for each stretch. Nothing is decided
 * by it: a line may be missing or untrue, as after a power cut, and the digest of the whole file finds out.
 */
export class Journal {
  readonly #path: string;
  readonly #file: number;

  private constructor(path: string, file: number) {
    this.#path = path;
    this.#file = file;
  }

  /** Begins anew; `done` is what is there already. */
  static create(path: string, about: Journaled, done: Iterable<ByteRange> = []): Journal {
    const journal = new Journal(path, openSync(path, "w", 0o600));
    journal.#append([title(about), ...[...done].map(line)]);
    return journal;
  }

  /**
   * What an earlier run noted about this content; nothing when the journal is missing, damaged or about other content.
   */
  static read(path: string, about: Journaled): RangeSet {
    const done = new RangeSet();
    const [first, ...lines] = readLines(path);
    if (first !== title(about)) return done;
    for (const each of lines) {
      const match = /^(\d{1,15}) (\d{1,15})$/.exec(each);
      const [start, end] = [Number(match?.[1]), Number(match?.[2])];
      // The last line may have been cut while it was written.
      if (!match || start >= end || end > about.size) return done;
      done.add({ start, end });
    }
    return done;
  }

  add(range: ByteRange): void {
    this.#append([line(range)]);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Removes what {@link close} left. */
  remove(): Promise<void> {
    return rm(this.#path, { force: true });
  }

  #append(lines: readonly string[]): void {
    writeSync(this.#file, `${lines.join("\n")}\n`);
  }
}

function title({ digest, size }: Journaled): string {
  return `mreg partial 1 ${digest} ${size}`;
}

function line({ start, end }: ByteRange): string {
  return `${start} ${end}`;
}

/** All lines that are whole. */
function readLines(path: string): readonly string[] {
  try {
    const file = openSync(path, "r");
    try {
      const { size } = fstatSync(file);
      return size > journalLimitBytes ? [] : readFileSync(file, "latin1").split("\n").slice(0, -1);
    } finally {
      closeSync(file);
    }
  } catch {
    // No journal, or none that can be read: the file is fetched from its start.
    return [];
  }
}
