import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Header } from "tar-stream";
import type { ByteStream } from "../../base/bytes.ts";
import type { Digest } from "../../base/digest.ts";
import { isMregError } from "../../base/errors.ts";
import { modelFileLimit } from "../../base/limits.ts";
import { ModelError } from "../errors.ts";
import { listPlainArchive } from "./plain-tar.ts";
import { hashStream } from "./tar-layer.ts";

/** A file inside an archive. */
export interface HashedMember {
  /** As the archive says, without a leading `./`; not checked. */
  readonly path: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Where its bytes start in the archive. */
  readonly offset: number;
}

/** Read at a time. */
const chunkBytes = 256 * 1024;

/** Like {@link hashArchive}, for an archive on disk: complete and verified. */
export async function listArchive(location: string, name: string): Promise<readonly HashedMember[]> {
  const plain = await listPlainArchive(location);
  return plain ?? hashArchive(createReadStream(location, { highWaterMark: chunkBytes }), name);
}

/**
 * Lists the files of an uncompressed tar that is passing by, hashing each, without writing anything.
 *
 * Only regular files may be in it. A model needs no links or devices, and a link is how an archive writes elsewhere.
 *
 * @param content - of the archive, to be believed when it has ended.
 * @param name - of the archive, for messages.
 * @throws {@link ModelError} `PATH_ESCAPE` for anything but files and directories, `CONFIG_INVALID` for a damaged
 * archive.
 */
export async function hashArchive(content: ByteStream, name: string): Promise<readonly HashedMember[]> {
  // Loaded only for archives that others made.
  const { extract } = await import("tar-stream");
  const archive = extract();
  // Failures of either end the iteration below, which reports them.
  pipeline(content, archive).catch((error: unknown) => archive.destroy(error as Error));
  const members: HashedMember[] = [];
  try {
    for await (const entry of archive as unknown as AsyncIterable<Entry>) {
      const member = await readEntry(entry, name);
      if (member) members.push(member);
      if (members.length > modelFileLimit) throw invalid(`${name} holds more than ${modelFileLimit} files`);
    }
  } catch (cause) {
    if (isMregError(cause)) throw cause;
    throw invalid(`${name} is not a readable tar: ${(cause as Error).message}`, cause);
  }
  return members;
}

/** One entry while the archive is being read; tar-stream tells where its bytes are, but its types do not. */
type Entry = ByteStream & { readonly header: Header & { readonly byteOffset: number } };

async function readEntry(entry: Entry, name: string): Promise<HashedMember | undefined> {
  const { type, name: path, byteOffset } = entry.header;
  const { digest, size } = await hashStream(entry);
  if (type === "directory") return undefined;
  if (type !== "file" && type !== "contiguous-file") {
    const reason = `refusing ${JSON.stringify(path)} in ${name}: it is a ${type}, expected a regular file`;
    throw new ModelError("PATH_ESCAPE", reason, { path });
  }
  return { path: path.replace(/^(?:\.\/)+/, ""), digest, size, offset: byteOffset };
}

function invalid(reason: string, cause?: unknown): ModelError {
  return new ModelError("CONFIG_INVALID", reason, { cause });
}
