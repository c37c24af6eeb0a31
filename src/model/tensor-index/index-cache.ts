import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { type Digest, digestHex } from "../../base/digest.ts";
import { isMregError } from "../../base/errors.ts";
import { indexCacheLimit } from "../limits.ts";
import { tensorIndexType } from "../media-types.ts";
import { encodeTensorIndex } from "./build.ts";
import type { IndexedFile } from "./document.ts";
import { parseTensorIndex } from "./parse.ts";

/**
 * Remembers the entries of files by the files' digests, so that a file whose digest is remembered need not be read for
 * them either: of a model with one new shard, only that is read.
 *
 * A shortcut and nothing more: what cannot be read or written, or is damaged, is not there.
 */
export class IndexCache {
  readonly #directory: string;

  /** @param directory - it is made when the first file is put. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The entries of a file, under the path that it has now. */
  async get({ path, digest, size }: Omit<IndexedFile, "entries">): Promise<IndexedFile | undefined> {
    try {
      const [file] = parseTensorIndex(await readFile(this.#path(digest))).files;
      return file?.digest === digest && file.size === size ? { ...file, path } : undefined;
    } catch (error) {
      if (isMregError(error) || isSystemError(error)) return undefined;
      throw error;
    }
  }

  /** Remembers files; those put longest ago are forgotten when there are too many. */
  async put(files: readonly IndexedFile[]): Promise<void> {
    try {
      for (const file of files) {
        const index = { schemaVersion: 1, mediaType: tensorIndexType, files: [file] } as const;
        await writeFileAtomic(this.#path(file.digest), encodeTensorIndex(index));
      }
      await this.#forget();
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }

  async #forget(): Promise<void> {
    const names = await readdir(this.#directory);
    if (names.length <= indexCacheLimit) return;
    const paths = names.map((name) => join(this.#directory, name));
    const aged = await Promise.all(paths.map(async (path) => ({ path, putMs: (await stat(path)).mtimeMs })));
    const oldest = aged.sort((a, b) => a.putMs - b.putMs).slice(0, aged.length - indexCacheLimit);
    for (const { path } of oldest) await rm(path, { force: true });
  }

  #path(digest: Digest): string {
    return join(this.#directory, `${digestHex(digest)}.json`);
  }
}

function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === "string" && !isMregError(error);
}
