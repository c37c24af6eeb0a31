import { closeSync, fsync, openSync, readSync, writeSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { promisify } from "node:util";
import type { StagedTree } from "./staged-tree.ts";
import type { HashedMember } from "./tar-archive.ts";

/** Read at a time: stays in the processor's cache until it is written, and holds many small members. */
const windowBytes = 256 * 1024;
/** Files written without letting anything else run: some 2 ms. */
const filesPerTurn = 64;
/**
 * Members above this are flushed, and copied with turns for others: many small flushes take minutes
 * (docs/decisions/007).
 */
const flushedBytes = 1024 * 1024;

export interface RestoreOptions {
  readonly signal: AbortSignal | undefined;
  /** Flush large members to the disk. Default true. */
  readonly isDurable?: boolean | undefined;
  /** Told when a file is complete. */
  readonly onFile: (member: HashedMember) => void;
}

/**
 * Writes members of an archive into a tree, each as a file.
 *
 * @param location - of the archive, which nobody changes meanwhile; members were hashed when it was listed.
 * @param members - with checked paths.
 */
export async function restoreArchive(
  location: string,
  members: readonly HashedMember[],
  tree: StagedTree,
  { signal, isDurable = true, onFile }: RestoreOptions,
): Promise<void> {
  const archive = new ArchiveWindow(location);
  try {
    for (const [index, member] of members.entries()) {
      const file = tree.create(member.path);
      try {
        if (member.size <= flushedBytes) copy(archive, member, file);
        else {
          await copyLarge(archive, member, { file, signal });
          if (isDurable) await keep(file, member.path, tree);
        }
      } finally {
        closeSync(file);
      }
      onFile(member);
      if (index % filesPerTurn > 0) continue;
      await turn();
      signal?.throwIfAborted();
    }
  } finally {
    archive.close();
  }
}

async function keep(file: number, path: string, tree: StagedTree): Promise<void> {
  await promisify(fsync)(file);
  tree.keepName(path);
}

function copy(archive: ArchiveWindow, { offset, size }: Pick<HashedMember, "offset" | "size">, file: number): void {
  for (let at = 0; at < size; ) at += writeSync(file, archive.read(offset + at, size - at));
}

async function copyLarge(
  archive: ArchiveWindow,
  { offset, size }: HashedMember,
  { file, signal }: { readonly file: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  for (let at = 0; at < size; at += flushedBytes) {
    copy(archive, { offset: offset + at, size: Math.min(flushedBytes, size - at) }, file);
    await turn();
    signal?.throwIfAborted();
  }
}

/** An archive that is read from its start to its end, with gaps. */
class ArchiveWindow {
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafeSlow(windowBytes);
  #start = 0;
  #end = 0;

  constructor(location: string) {
    this.#file = openSync(location, "r");
  }

  /** Some bytes from an offset, one at least; they are there until the next call. */
  read(offset: number, limit: number): Uint8Array {
    if (offset < this.#start || offset >= this.#end) {
      const count = readSync(this.#file, this.#buffer, 0, windowBytes, offset);
      if (count === 0) throw new Error("the archive became shorter while it was read");
      [this.#start, this.#end] = [offset, offset + count];
    }
    return this.#buffer.subarray(offset - this.#start, Math.min(this.#end, offset + limit) - this.#start);
  }

  close(): void {
    closeSync(this.#file);
  }
}
