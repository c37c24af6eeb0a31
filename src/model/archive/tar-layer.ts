import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { ByteStream } from "../../base/bytes.ts";
import { type Digest, digestOf, sealDigest } from "../../base/digest.ts";
import { ContentError } from "../../base/errors.ts";
import type { HashedContent } from "../../base/file-digest.ts";
import { tarEndBytes, tarPadding, writeTarHeader } from "./tar-header.ts";

/** Members are shorter than this. */
export const tarMemberLimitBytes = 1024 * 1024;

/** A chunk is handed out when it is this long; its memory has room for another member with any header behind that. */
const chunkBytes = 512 * 1024;
const roomBytes = chunkBytes + tarMemberLimitBytes + 8 * 1024;

/** A small file that travels in an archive. */
export interface TarMember {
  readonly path: string;
  /** On this machine. */
  readonly location: string;
  /** Bytes. */
  readonly size: number;
  /** What it must have; absent while it is being found out. */
  readonly digest?: Digest;
}

export interface TarStreamOptions {
  /** RFC 3339; the time of every member. */
  readonly mtime: string;
  /** Uses the memory of a chunk again once the next but one is asked for. */
  readonly isLent?: boolean;
  readonly onMember?: (member: TarMember, digest: Digest) => void;
}

/**
 * Streams an uncompressed tar whose bytes depend on nothing but the members' paths and contents and on `mtime`.
 *
 * Members are read whole and without letting anything else run, a chunk at a time: there may be 100,000, and a promise
 * for each step of each costs ten times as much.
 *
 * @param members - in the order of the archive.
 * @throws {@link ContentError} while reading, when a member has changed; the message names it.
 */
export async function* tarStream(members: readonly TarMember[], options: TarStreamOptions): ByteStream {
  const mtime = Math.floor(Date.parse(options.mtime) / 1000);
  const lent = options.isLent ? Array.from({ length: 3 }, () => Buffer.allocUnsafeSlow(roomBytes)) : [];
  const nextBuffer = () => {
    const buffer = lent.shift() ?? Buffer.allocUnsafeSlow(roomBytes);
    if (options.isLent) lent.push(buffer);
    return buffer;
  };
  let buffer = nextBuffer();
  let at = 0;
  for (const member of members) {
    at = writeTarHeader({ path: member.path, size: member.size, mtime }, buffer, at);
    const content = buffer.subarray(at, at + member.size + 1);
    readMember(member, content);
    const digest = digestOf(content.subarray(0, member.size));
    if (member.digest !== undefined && digest !== member.digest) {
      throw new ContentError("DIGEST_MISMATCH", `${member.path}: it changed after it was hashed`);
    }
    options.onMember?.(member, digest);
    at += member.size;
    const padding = tarPadding(member.size);
    buffer.fill(0, at, at + padding);
    at += padding;
    if (at < chunkBytes) continue;
    yield buffer.subarray(0, at);
    await setImmediate();
    buffer = nextBuffer();
    at = 0;
  }
  buffer.fill(0, at, at + tarEndBytes);
  yield buffer.subarray(0, at + tarEndBytes);
}

/** Fills all but the last byte of `room`, which is there to notice a file that has grown. */
function readMember({ path, location, size }: TarMember, room: Buffer): void {
  const file = openSync(location, "r");
  try {
    let count = 0;
    while (count <= size) {
      const more = readSync(file, room, count, room.byteLength - count, null);
      count += more;
      // Local files give all at once; asking again only to be told that this was all would double the calls.
      if (more === 0 || count === size) break;
    }
    if (count === size) return;
    const what = count > size ? `more than ${size}` : String(count);
    throw new ContentError("SIZE_MISMATCH", `${path}: it has ${what} bytes, but had ${size} when hashed`);
  } finally {
    closeSync(file);
  }
}

/** Computes digest and length of an archive by streaming it once. */
export async function hashStream(stream: ByteStream): Promise<HashedContent> {
  const running = createHash("sha256");
  let size = 0;
  for await (const chunk of stream) {
    running.update(chunk);
    size += chunk.byteLength;
  }
  return { digest: sealDigest("sha256", running), size };
}

/** Drops the first bytes of a stream that cannot be opened in the middle. */
export async function* skipBytes(stream: ByteStream, count: number): ByteStream {
  let left = count;
  for await (const chunk of stream) {
    if (left < chunk.byteLength) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.byteLength);
  }
}
