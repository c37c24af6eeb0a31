import { lstat } from "node:fs/promises";
import { systemClock } from "../../base/clock.ts";
import { ContentError } from "../../base/errors.ts";
import { parseStrictJson } from "../../base/json.ts";
import { arrayAt, constantAt, objectAt, optionalAt, textAt } from "../../base/shape.ts";
import { InvalidInputError, StoreError } from "../../oci/errors.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { type FileIdentity, fileIdentity, isSameIdentity, isSettled } from "../../transfer/file-identity.ts";
import type { LayoutDirectory } from "./directory.ts";
import { type IndexEntry, indexEntryAt } from "./entries.ts";
import { isMissing, readRegular } from "./files.ts";
import { indexLimitBytes } from "./limits.ts";
import { FileLock } from "./lock.ts";

/** @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#indexjson-file} */
interface LayoutIndex {
  readonly schemaVersion: 2;
  readonly manifests: readonly IndexEntry[];
  readonly [unknown: string]: unknown;
}

function layoutIndexAt(value: unknown): LayoutIndex {
  const fields = objectAt(value, "");
  constantAt(fields["schemaVersion"], "schemaVersion", 2);
  optionalAt(fields["mediaType"], "mediaType", textAt);
  arrayAt(fields["manifests"], "manifests", indexEntryAt);
  return fields as unknown as LayoutIndex;
}

const emptyIndex = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests: [] });

/** From this length on, an index that is read again and again costs more than its bytes in memory: 200 entries. */
const rememberedBytes = 64 * 1024;

/** The index.json of one repository: what manifests there are, and what they are called. */
export class IndexFile {
  readonly #directory: LayoutDirectory;
  readonly #lock: FileLock;
  /** The last long index, the bytes that it was read from, and the file when every later write must change that. */
  #last: { readonly bytes: Uint8Array; readonly index: LayoutIndex; readonly file?: FileIdentity } | undefined;

  constructor(directory: LayoutDirectory, lockWaitMs: number) {
    this.#directory = directory;
    this.#lock = new FileLock(directory.indexPath, lockWaitMs);
  }

  /** Reads all entries; none when there is no layout. Takes no lock: the file is always whole. */
  async entries(): Promise<readonly IndexEntry[]> {
    if (!(await this.#directory.exists())) return [];
    const last = this.#last;
    const looked = last?.file && (await this.#look());
    if (last?.file && looked && isSameIdentity(last.file, looked)) return last.index.manifests;
    return (await this.#read()).manifests;
  }

  /** Makes the layout unless it is there. */
  async create(signal?: AbortSignal): Promise<void> {
    if (await this.#directory.exists()) return;
    await this.#directory.prepare();
    await this.#lock.run(async () => {
      if (!(await this.#directory.exists())) await this.#directory.create(emptyIndex);
    }, signal);
  }

  /**
   * Changes the entries as nobody else does. Fields of the file that mreg does not know stay as they are.
   *
   * @param change - gives the entries to write; the very array it was given means that nothing is to be done.
   * It may be async, and whatever it throws leaves the file untouched.
   * @throws {@link StoreError} `NOT_FOUND` when there is no layout, `LOCKED` when others do not let go.
   */
  async update(
    change: (entries: readonly IndexEntry[]) => readonly IndexEntry[] | Promise<readonly IndexEntry[]>,
    signal?: AbortSignal,
  ): Promise<void> {
    signal?.throwIfAborted();
    if (!(await this.#directory.exists())) throw new StoreError("NOT_FOUND", `${this.#directory.path} is no layout`);
    await this.#lock.run(async (lock) => {
      const index = await this.#read();
      const manifests = await change(index.manifests);
      if (manifests === index.manifests) return;
      const text = JSON.stringify({ ...index, manifests });
      checkSize(Buffer.byteLength(text));
      signal?.throwIfAborted();
      lock.check();
      await this.#directory.writeFile(this.#directory.indexPath, text);
    }, signal);
  }

  /** Reads what is there now: who writes must not go by a time that a file server tells. */
  async #read(): Promise<LayoutIndex> {
    const lookedAt = systemClock();
    const looked = await this.#look();
    const file = looked && isSettled(looked, lookedAt) ? looked : undefined;
    const bytes = await readRegular(this.#directory.indexPath, indexLimitBytes);
    if (!bytes) throw invalid(`${this.#directory.indexPath} is missing`);
    try {
      // Whoever resolves a thousand tags of a store that others write to reads it a thousand times, and parses it once.
      const known = this.#last && Buffer.compare(this.#last.bytes, bytes) === 0 ? this.#last.index : undefined;
      const index = known ?? layoutIndexAt(parseStrictJson(bytes));
      this.#last = bytes.byteLength < rememberedBytes ? undefined : { bytes, index, ...(file ? { file } : {}) };
      return index;
    } catch (cause) {
      // The reason may repeat hostile text: a key that is there twice has any length.
      throw invalid(`${this.#directory.indexPath}: ${(cause as Error).message.slice(0, 1_000)}`, cause);
    }
  }

  async #look(): Promise<FileIdentity | undefined> {
    try {
      return fileIdentity(await lstat(this.#directory.indexPath, { bigint: true }));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}

/** Nothing is written that could not be read again. */
function checkSize(size: number): void {
  if (size > indexLimitBytes) {
    throw new ContentError(
      "LIMIT_EXCEEDED",
      `index.json would have ${size} bytes, expected at most ${indexLimitBytes}`,
    );
  }
}

function invalid(reason: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError("INVALID_MANIFEST", `invalid layout: ${reason}`, { cause });
}
