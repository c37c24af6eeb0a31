import { closeSync, fsync, openSync, readSync, writeSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { promisify } from "node:util";
import type { HashedMember } from "./tar-archive.ts";
import type { TargetDirectory } from "./target-directory.ts";

/** Copied at a time. */
const bufferBytes = 1024 * 1024;
/** Files written without letting anything else run: some 2 ms. */
const filesPerTurn = 32;

export interface RestoreOptions {
  readonly signal: AbortSignal | undefined;
  /** Told when a file is in place. */
  readonly onFile: (member: HashedMember) => void;
}

/**
 * Writes members of an archive into a directory.
 *
 * @param location - of the archive, which nobody changes meanwhile; members were hashed when it was listed.
 * @param members - with checked paths.
 */
export async function restoreArchive(
  location: string,
  members: readonly HashedMember[],
  directory: TargetDirectory,
  { signal, onFile }: RestoreOptions,
): Promise<void> {
  const archive = openSync(location, "r");
  const buffer = Buffer.allocUnsafeSlow(bufferBytes);
  try {
    for (const [index, member] of members.entries()) {
      await directory.write(member.path, (file) => copyMember(archive, member, { file, buffer, signal }));
      onFile(member);
      if (index % filesPerTurn === 0) await turn();
      signal?.throwIfAborted();
    }
  } finally {
    closeSync(archive);
  }
}

interface MemberCopy {
  readonly file: number;
  readonly buffer: Buffer;
  readonly signal: AbortSignal | undefined;
}

async function copyMember(archive: number, { offset, size }: HashedMember, copy: MemberCopy): Promise<void> {
  const { file, buffer, signal } = copy;
  for (let at = 0; at < size; ) {
    const count = readSync(archive, buffer, 0, Math.min(bufferBytes, size - at), offset + at);
    if (count === 0) throw new Error("the archive became shorter while it was read");
    for (let written = 0; written < count; ) written += writeSync(file, buffer, written, count - written);
    at += count;
    if (size <= bufferBytes) continue;
    await turn();
    signal?.throwIfAborted();
  }
  // Ten thousand small flushes take half a minute on a busy disk; large members are worth theirs (docs/decisions/007).
  if (size > bufferBytes) await promisify(fsync)(file);
}
