import { createHash } from "node:crypto";
import { constants, open } from "node:fs/promises";
import { digestCacheLimitBytes } from "../base/limits.ts";

/** First line of the file; another one is another format. */
const title = "mreg-digests-1";

const line = /^([0-9]{1,20} [0-9]{1,20}) ([0-9]{1,20} [0-9]{1,20} [0-9]{1,20}) ([0-9a-f]{64})$/;

/** Questions that are answered by a search through the bytes; reading every line costs as much as some 40 of them. */
const searchLimit = 12;

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
    if (this.#all || ++this.#searches > searchLimit) return this.all().get(name);
    const start = this.#body.lastIndexOf(`\n${name} `, undefined, "latin1") + 1;
    if (start === 0) return undefined;
    const [, , state, hex] = line.exec(this.#body.toString("latin1", start, this.#body.indexOf("\n", start))) ?? [];
    return state !== undefined && hex !== undefined ? { state, hex } : undefined;
  }

  all(): ReadonlyMap<string, DigestEntry> {
    this.#all ??= parse(this.#body.toString("latin1"));
    return this.#all;
  }
}

/** The content of a file with these entries. */
export function writtenEntries(entries: readonly (readonly [name: string, entry: DigestEntry])[]): string {
  const body = [title, ...entries.map(([name, { state, hex }]) => `${name} ${state} ${hex}`), ""].join("\n");
  return `${body}${checksum(body)}\n`;
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

function checksum(body: string | Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}
