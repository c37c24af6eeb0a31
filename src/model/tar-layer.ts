import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Pack, pack } from "tar-stream";
import type { ByteStream } from "../base/bytes.ts";
import { digestOf, sealDigest } from "../base/digest.ts";
import { ContentError } from "../base/errors.ts";
import type { HashedContent } from "../base/file-digest.ts";

/** A small file that travels in an archive. */
export interface TarMember extends HashedContent {
  readonly path: string;
  /** On this machine. */
  readonly location: string;
}

/**
 * Streams an uncompressed tar whose bytes depend on nothing but the members' paths and contents and on `mtime`.
 *
 * Members are read whole, each verified against what the hash pass saw; they are below 1 MiB.
 *
 * @param members - in the order of the archive.
 * @param mtime - RFC 3339; the time of every member.
 * @throws {@link ContentError} while reading, when a member has changed; the message names it.
 */
export async function* tarStream(members: readonly TarMember[], mtime: string): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const filling = fill(archive, members, new Date(mtime));
  // The failure reaches the reader through the archive; this only keeps it from being reported as unhandled.
  filling.catch((error: unknown) => archive.destroy(error as Error));
  for await (const chunk of archive as AsyncIterable<Buffer>) yield chunk;
}

async function fill(archive: Pack, members: readonly TarMember[], mtime: Date): Promise<void> {
  for (const member of members) {
    const bytes = await readMember(member);
    // USTAR for short ASCII names, PAX for the others; numeric ids without names, which differ between machines.
    const header = { name: member.path, size: bytes.byteLength, mode: 0o644, uid: 0, gid: 0, mtime };
    await new Promise<void>((resolve, reject) => {
      archive.entry(header, bytes, (error) => (error ? reject(error) : resolve()));
    });
  }
  archive.finalize();
}

async function readMember({ path, location, digest, size }: TarMember): Promise<Buffer> {
  const bytes = await readFile(location);
  if (bytes.byteLength !== size) {
    throw new ContentError("SIZE_MISMATCH", `${path}: it has ${bytes.byteLength} bytes, but had ${size} when hashed`);
  }
  if (digestOf(bytes) !== digest) throw new ContentError("DIGEST_MISMATCH", `${path}: it changed after it was hashed`);
  return bytes;
}

/** Computes digest and length of an archive by streaming it once. */
export async function hashStream(stream: ByteStream): Promise<HashedContent> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    size += chunk.byteLength;
  }
  return { digest: sealDigest("sha256", hash), size };
}

/** Drops the first bytes of a stream that cannot be opened in the middle. */
export async function* skipBytes(stream: ByteStream, count: number): ByteStream {
  let left = count;
  for await (const chunk of stream) {
    if (left < chunk.byteLength) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.byteLength);
  }
}
