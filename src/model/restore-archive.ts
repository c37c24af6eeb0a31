import { closeSync, fsync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { promisify } from "node:util";
import { ArchiveWindow } from "./archive-window.ts";
import { divideMembers, membersOf, stopShares, writeShares } from "./member-shares.ts";
import type { RestoreThread } from "./restore-thread.ts";
import type { StagedTree } from "./staged-tree.ts";
import type { HashedMember } from "./tar-archive.ts";
import { TreeWriter } from "./tree-writer.ts";

/** Members above this are flushed, and copied with turns for others: many small flushes take minutes (docs/decisions/007). */
const flushedBytes = 1024 * 1024;

export interface RestoreOptions {
  readonly signal: AbortSignal;
  /** Writes some of them, if it is worth it. */
  readonly thread: Pick<RestoreThread, "write">;
  /** Flush large members to the disk. Default true. */
  readonly isDurable?: boolean | undefined;
  /** Told when a file is complete. */
  readonly onFile: (member: HashedMember) => void;
}

/**
 * Writes members of an archive into a tree, each as a file. Nobody writes there any more when this ends.
 *
 * @param archive - where it is; nobody changes it meanwhile: members were hashed when it was listed.
 * @param members - with checked paths.
 */
export async function restoreArchive(
  archive: string,
  members: readonly HashedMember[],
  tree: StagedTree,
  options: RestoreOptions,
): Promise<void> {
  for (const member of members) if (isLarge(member)) await restoreLarge(archive, member, tree, options);
  const small = members.filter((member) => !isLarge(member));
  const shares = divideMembers(archive, tree.root, small);
  const { signal, thread, onFile } = options;
  const onShare = (share: number) => membersOf(share, small).forEach(onFile);
  const elsewhere = thread.write(shares, onShare);
  // It is waited for in any case; until then nobody looks.
  elsewhere.catch(() => {});
  try {
    for (const share of writeShares(shares, "first")) {
      onShare(share);
      await turn();
      signal.throwIfAborted();
    }
  } catch (error) {
    stopShares(shares);
    await elsewhere.catch(() => {});
    throw error;
  }
  await elsewhere;
}

function isLarge({ size }: HashedMember): boolean {
  return size > flushedBytes;
}

async function restoreLarge(
  archive: string,
  member: HashedMember,
  tree: StagedTree,
  { signal, isDurable = true, onFile }: RestoreOptions,
): Promise<void> {
  const file = new TreeWriter(tree.root).create(member.path);
  const window = new ArchiveWindow(archive);
  try {
    for (let at = 0; at < member.size; at += flushedBytes) {
      window.copy({ offset: member.offset + at, size: Math.min(flushedBytes, member.size - at) }, file);
      await turn();
      signal.throwIfAborted();
    }
    if (isDurable) {
      await promisify(fsync)(file);
      tree.keepName(member.path);
    }
  } finally {
    window.close();
    closeSync(file);
  }
  onFile(member);
}
