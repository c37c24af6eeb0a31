import { z } from "zod";
import { ContentError } from "../../base/errors.ts";
import { parseStrictJson } from "../../base/json.ts";
import { InvalidInputError, StoreError } from "../../oci/errors.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import type { LayoutDirectory } from "./directory.ts";
import { IndexEntry } from "./entries.ts";
import { readRegular } from "./files.ts";
import { indexLimitBytes } from "./limits.ts";
import { FileLock } from "./lock.ts";

/** @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#indexjson-file} */
const LayoutIndex = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z.array(IndexEntry),
});
type LayoutIndex = z.infer<typeof LayoutIndex>;

const emptyIndex = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests: [] });

/** The index.json of one repository: what manifests there are, and what they are called. */
export class IndexFile {
  readonly #directory: LayoutDirectory;
  readonly #lock: FileLock;

  constructor(directory: LayoutDirectory, lockWaitMs: number) {
    this.#directory = directory;
    this.#lock = new FileLock(directory.indexPath, lockWaitMs);
  }

  /** Reads all entries; none when there is no layout. Takes no lock: the file is always whole. */
  async entries(): Promise<readonly IndexEntry[]> {
    return (await this.#directory.exists()) ? (await this.#read()).manifests : [];
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

  async #read(): Promise<LayoutIndex> {
    const bytes = await readRegular(this.#directory.indexPath, indexLimitBytes);
    if (!bytes) throw invalid(`${this.#directory.indexPath} is missing`);
    try {
      return LayoutIndex.parse(parseStrictJson(bytes));
    } catch (cause) {
      const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
      // A hostile file can have a fault in every entry.
      throw invalid(`${this.#directory.indexPath}: ${reason.slice(0, 1_000)}`, cause);
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
