import { closeSync } from "node:fs";
import { ArchiveWindow } from "./archive-window.ts";
import type { HashedMember } from "./tar-archive.ts";
import { TreeWriter } from "./tree-writer.ts";

/** Files of a share: written without letting anything else run, some 2 ms. */
const shareFiles = 64;

/** What two threads divide among themselves: members of an archive on disk, to be written into a tree. */
export interface MemberShares {
  readonly archive: string;
  /** A directory that is there. */
  readonly root: string;
  /** Of each share the checked paths, with a NUL between them: as 100,000 objects they would be copied for a long time. */
  readonly paths: readonly string[];
  /** Of each member. */
  readonly offsets: Float64Array;
  readonly sizes: Float64Array;
  /** One cell: how many shares are taken. */
  readonly taken: Int32Array<SharedArrayBuffer>;
}

/** One thread goes on from the first share, the other from the last: in one directory they would wait for each other. */
export type SharesEnd = "first" | "last";

/** @param members - in the order of the archive. */
export function divideMembers(archive: string, root: string, members: readonly HashedMember[]): MemberShares {
  const count = Math.ceil(members.length / shareFiles);
  return {
    archive,
    root,
    paths: Array.from({ length: count }, (_, share) =>
      membersOf(share, members)
        .map(({ path }) => path)
        .join("\0"),
    ),
    offsets: Float64Array.from(members, ({ offset }) => offset),
    sizes: Float64Array.from(members, ({ size }) => size),
    taken: new Int32Array(new SharedArrayBuffer(4)),
  };
}

/** The members of a share. */
export function membersOf<T>(share: number, members: readonly T[]): readonly T[] {
  return members.slice(share * shareFiles, (share + 1) * shareFiles);
}

/** Writes shares until none is left. Yields the index of each when its files are complete. */
export function* writeShares(shares: MemberShares, end: SharesEnd): Generator<number> {
  const { archive, root, paths, taken } = shares;
  const tree = new TreeWriter(root);
  const window = new ArchiveWindow(archive);
  try {
    for (let mine = 0; Atomics.add(taken, 0, 1) < paths.length; mine++) {
      const share = end === "first" ? mine : paths.length - 1 - mine;
      writeShare(share, shares, { tree, window });
      yield share;
    }
  } finally {
    window.close();
  }
}

/** Leaves what nobody has taken: the other thread ends, too. */
export function stopShares({ paths, taken }: MemberShares): void {
  Atomics.store(taken, 0, paths.length);
}

function writeShare(
  share: number,
  { paths, offsets, sizes }: MemberShares,
  { tree, window }: { readonly tree: TreeWriter; readonly window: ArchiveWindow },
): void {
  const names = paths[share]?.split("\0") ?? [];
  const first = share * shareFiles;
  const stretches = names.map((_, index) => ({
    offset: offsets[first + index] as number,
    size: sizes[first + index] as number,
  }));
  const until = Math.max(...stretches.map(({ offset, size }) => offset + size));
  for (const [index, stretch] of stretches.entries()) {
    const file = tree.create(names[index] as string);
    try {
      window.copy(stretch, file, until);
    } finally {
      closeSync(file);
    }
  }
}
