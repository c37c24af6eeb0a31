import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import type { ByteStream } from "../base/bytes.ts";
import { type Digest, verified } from "../base/digest.ts";
import { modelFileLimit } from "../base/limits.ts";
import { ModelError } from "./errors.ts";
import { hashStream } from "./tar-layer.ts";

/** A file inside an archive on disk. */
export interface ArchiveMember {
  /** As the archive says, without a leading `./`; not checked. */
  readonly path: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  open(): ByteStream;
}

/**
 * Lists the files of an uncompressed tar, hashing each, without writing anything.
 *
 * Only regular files may be in it. A model needs no links or devices, and a link is how an archive writes elsewhere.
 *
 * @param location - a complete, verified file; it must stay there as long as members are opened.
 * @param name - of the archive, for messages.
 * @throws {@link ModelError} `PATH_ESCAPE` for anything but files and directories, `CONFIG_INVALID` for a damaged archive.
 */
export async function listArchive(location: string, name: string): Promise<readonly ArchiveMember[]> {
  const archive = extract();
  // Failures of either end the iteration below, which reports them.
  pipeline(createReadStream(location), archive).catch((error: unknown) => archive.destroy(error as Error));
  const members: ArchiveMember[] = [];
  try {
    for await (const entry of archive as unknown as AsyncIterable<Entry>) {
      const member = await readEntry(entry, location, name);
      if (member) members.push(member);
      if (members.length > modelFileLimit) throw invalid(`${name} holds more than ${modelFileLimit} files`);
    }
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw invalid(`${name} is not a readable tar: ${(cause as Error).message}`, cause);
  }
  return members;
}

/** One entry while the archive is being read; tar-stream tells where its bytes are, but its types do not. */
type Entry = ByteStream & { readonly header: Header & { readonly byteOffset: number } };

async function readEntry(entry: Entry, location: string, name: string): Promise<ArchiveMember | undefined> {
  const { type, name: path, byteOffset } = entry.header;
  const { digest, size } = await hashStream(entry);
  if (type === "directory") return undefined;
  if (type !== "file" && type !== "contiguous-file") {
    const reason = `refusing ${JSON.stringify(path)} in ${name}: it is a ${type}, expected a regular file`;
    throw new ModelError("PATH_ESCAPE", reason, { path });
  }
  return {
    path: path.replace(/^(?:\.\/)+/, ""),
    digest,
    size,
    open: () => verified(slice(location, byteOffset, size), { digest, size }),
  };
}

async function* slice(location: string, start: number, size: number): ByteStream {
  // createReadStream takes an inclusive end, which an empty file has not.
  if (size > 0) yield* createReadStream(location, { start, end: start + size - 1 }) as AsyncIterable<Buffer>;
}

function invalid(reason: string, cause?: unknown): ModelError {
  return new ModelError("CONFIG_INVALID", reason, { cause });
}
