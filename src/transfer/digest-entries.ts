import { createHash } from "node:crypto";
import { constants, open } from "node:fs/promises";
import { digestCacheLimit, digestCacheLimitBytes } from "./limits.ts";

/** First line of the file; another one is another format. */
const title = "mreg-digests-1";

const line = /^([0-9]{1,20} [0-9]{1,20}) ([0-9]{1,20} [0-9]{1,20} [0-9]{1,20}) ([0-9a-f]{64})$/;

/** Questions that are answered by a search through the bytes; reading every line costs as much as some 40 of them. */
const searchLimit = 12;

/**
 * Length of all lines together, of which the usual ones have 125 bytes: to count them at each save costs more than the
 * rest.
 */
const linesLimitBytes = digestCacheLimit * 125;

/** What is known of a file. */
export interface DigestEntry {
  /** Length and times. */
  readonly state: string;
  readonly hex: string;
}

/** The file of a digest cache as it was when it was read: one line for each file, those put last come last. */
export class DigestEntries {
  /** The lines with the title before them; empty when there are none. */
  readonly #body: Buffer;
  #searches = 0;
  #all: Map<string, DigestEntry> | undefined;

  private constructor(body: Buffer) {
    this.#body = body;
  }

  /** Read as hostile: a home directory may be shared, and a disk may be bad. Only a whole file is believed. */
  static async read(path: string): Promise<DigestEntries> {
    const bytes = (await readWhole(path)) ?? Buffer.alloc(0);
    const end = bytes.length < 2 ? 0 : bytes.lastIndexOf("\n", bytes.length - 2) + 1;
    const body = bytes.subarray(0, end);
    const isWhole =
      body.toString("latin1", 0, title.length + 1) === `${title}\n` &&
      bytes.toString("latin1", end) === `${checksum(body)}\n`;
    return new DigestEntries(isWhole ? body : Buffer.alloc(0));
  }

  /** What is known under a name. Few questions of many entries are the usual case: push asks for one model's files. */
  get(name: string): DigestEntry | undefined {
    if (this.#all || ++this.#searches > searchLimit) return this.#parsed().get(name);
    const [start, end] = this.#find(name);
    const [, , state, hex] = line.exec(this.#body.toString("latin1", start, Math.max(start, end - 1))) ?? [];
    return state !== undefined && hex !== undefined ? { state, hex } : undefined;
  }

  /**
   * The content of a file with these entries as well, which come last, and without the oldest of more than `most`
   * bytes.
   *
   * Few are put into the bytes as they are: to read and write 100,000 lines for one more takes a third of a second.
   */
  with(added: ReadonlyMap<string, DigestEntry>, most: number = linesLimitBytes): Buffer {
    const lines = added.size > searchLimit ? this.#merged(added) : this.#spliced(added);
    const body = [Buffer.from(`${title}\n`), withoutOldest(lines, most)];
    return Buffer.concat([...body, Buffer.from(`${checksum(...body)}\n`)]);
  }

  #merged(added: ReadonlyMap<string, DigestEntry>): Buffer {
    const entries = new Map(this.#parsed());
    for (const [name, entry] of added) {
      entries.delete(name);
      entries.set(name, entry);
    }
    return Buffer.from(linesOf(entries), "latin1");
  }

  #spliced(added: ReadonlyMap<string, DigestEntry>): Buffer {
    const old = [...added.keys()].map((name) => this.#find(name)).sort(([a], [b]) => a - b);
    const kept: Uint8Array[] = [];
    let at = title.length + 1;
    for (const [start, end] of old) {
      if (end === 0) continue;
      kept.push(this.#body.subarray(at, start));
      at = end;
    }
    return Buffer.concat([...kept, this.#body.subarray(at), Buffer.from(linesOf(added), "latin1")]);
  }

  /** Where a name's last line begins, and where the next one does; twice 0 when there is none. */
  #find(name: string): readonly [start: number, end: number] {
    const start = this.#body.lastIndexOf(`\n${name} `, undefined, "latin1") + 1;
    return start === 0 ? [0, 0] : [start, this.#body.indexOf("\n", start) + 1];
  }

  #parsed(): ReadonlyMap<string, DigestEntry> {
    this.#all ??= parse(this.#body.toString("latin1"));
    return this.#all;
  }
}

function linesOf(entries: ReadonlyMap<string, DigestEntry>): string {
  return Array.from(entries, ([name, { state, hex }]) => `${name} ${state} ${hex}\n`).join("");
}

function withoutOldest(lines: Buffer, mostBytes: number): Buffer {
  const excess = lines.length - mostBytes;
  return excess <= 0 ? lines : lines.subarray(lines.indexOf("\n", excess - 1) + 1);
}

function parse(body: string): Map<string, DigestEntry> {
  const entries = new Map<string, DigestEntry>();
  for (const each of body.slice(title.length + 1, -1).split("\n")) {
    const [, name, state, hex] = line.exec(each) ?? [];
    if (name !== undefined && state !== undefined && hex !== undefined) entries.set(name, { state, hex });
  }
  return entries;
}

async function readWhole(path: string): Promise<Buffer | undefined> {
  try {
    // Without O_NONBLOCK a named pipe in its place would be waited for.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = await file.stat();
      return stats.isFile() && stats.size <= digestCacheLimitBytes ? await file.readFile() : undefined;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

function checksum(...body: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const each of body) hash.update(each);
  return hash.digest("hex");
}
