import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { digestOf } from "../../base/digest.ts";
import { modelFileLimit } from "../../base/limits.ts";
import { filePathLimitBytes } from "../limits.ts";
import type { HashedMember } from "./tar-archive.ts";
import { tarBlockBytes, tarEndBytes, tarPadding, writeTarHeader } from "./tar-header.ts";
import { tarMemberLimitBytes } from "./tar-layer.ts";

/** Read at a time: any member with its header, and many of the usual ones. */
const windowBytes = tarMemberLimitBytes + 256 * 1024;

/** A header as mreg writes it, to compare with; with paths that mreg may write, and the blocks around. */
const scratch = Buffer.alloc(filePathLimitBytes + 4 * tarBlockBytes);
/** UTF-16 code units of a path that surely fits, three bytes each at most. */
const scratchPathLimit = filePathLimitBytes / 3;

/** Fields of a header, and the type of one that has a longer path behind it. */
const sizeAt = 124;
const mtimeAt = 136;
const extendedType = "x".charCodeAt(0);

/**
 * Lists the members of an archive on disk that is, byte for byte, what mreg writes for them, and hashes each.
 *
 * Ten thousand small files are the point of such archives, and a stream for each costs ten times what hashing it does.
 * Nothing is guessed: each header is written again from what was read in it, and one that differs in any byte sends
 * the whole archive to the parser that knows all tars.
 *
 * @returns undefined for every other archive, sound or not.
 */
export async function listPlainArchive(location: string): Promise<readonly HashedMember[] | undefined> {
  const file = openSync(location, "r");
  try {
    const end = fstatSync(file).size - tarEndBytes;
    const window = Buffer.allocUnsafeSlow(windowBytes);
    const members: HashedMember[] = [];
    for (let at = 0; at < end; ) {
      const count = readSync(file, window, 0, windowBytes, at);
      const found = listWindow(window.subarray(0, count), at);
      if (!found || found.length === 0 || members.length + found.length > modelFileLimit) return undefined;
      members.push(...found);
      const { offset, size } = found.at(-1) as HashedMember;
      at = offset + size + tarPadding(size);
      if (at > end) return undefined;
      await turn();
    }
    const rest = readSync(file, window, 0, windowBytes, Math.max(0, end));
    return rest === tarEndBytes && isZero(window.subarray(0, rest)) ? members : undefined;
  } finally {
    closeSync(file);
  }
}

/** The members that are whole in these bytes; undefined when what follows them is not ours. */
function listWindow(bytes: Buffer, start: number): readonly HashedMember[] | undefined {
  const members: HashedMember[] = [];
  for (let at = 0; bytes.byteLength - at >= tarBlockBytes; ) {
    const member = readHeader(bytes, at);
    if (!member) return isZero(bytes.subarray(at, at + tarBlockBytes)) ? members : undefined;
    const { path, size, headerBytes } = member;
    const offset = at + headerBytes;
    if (offset + size + tarPadding(size) > bytes.byteLength) break;
    const digest = digestOf(bytes.subarray(offset, offset + size));
    members.push({ path, digest, size, offset: start + offset });
    at = offset + size + tarPadding(size);
  }
  return members;
}

interface PlainHeader {
  readonly path: string;
  readonly size: number;
  readonly headerBytes: number;
}

function readHeader(bytes: Buffer, at: number): PlainHeader | undefined {
  const isExtended = bytes[at + 156] === extendedType;
  const recordBytes = isExtended ? octalAt(bytes, at + sizeAt) : 0;
  const own = isExtended ? at + tarBlockBytes + recordBytes + tarPadding(recordBytes) : at;
  if (own + tarBlockBytes > bytes.byteLength) return undefined;
  const path = isExtended ? recordedPath(bytes, at + tarBlockBytes, recordBytes) : splitPath(bytes, at);
  const [size, mtime] = [octalAt(bytes, own + sizeAt), octalAt(bytes, own + mtimeAt)];
  if (path === undefined || isOdd(path) || size >= tarMemberLimitBytes) return undefined;
  if (path.length > scratchPathLimit) return undefined;
  const headerBytes = writeTarHeader({ path, size, mtime }, scratch, 0);
  const isOurs = scratch.compare(bytes, at, at + headerBytes, 0, headerBytes) === 0;
  return isOurs ? { path, size, headerBytes } : undefined;
}

/** The other parser drops one, and takes the other for a directory. */
function isOdd(path: string): boolean {
  return path.startsWith("./") || path.endsWith("/");
}

function splitPath(bytes: Buffer, at: number): string {
  const [name, prefix] = [textAt(bytes, at, 100), textAt(bytes, at + 345, 155)];
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** `<length> path=<path>\n` */
function recordedPath(bytes: Buffer, at: number, length: number): string | undefined {
  const record = bytes.toString("utf8", at, at + length);
  const key = record.indexOf(" path=");
  return key < 0 ? undefined : record.slice(key + " path=".length, -1);
}

function textAt(bytes: Buffer, at: number, length: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString("latin1", at, end < 0 ? at + length : Math.min(end, at + length));
}

/** Eleven octal digits; what is none gives a header that differs from the one that was read. */
function octalAt(bytes: Buffer, at: number): number {
  let value = 0;
  for (let index = at; index < at + 11; index++) value = value * 8 + (((bytes[index] ?? 0) - 0x30) & 7);
  return value;
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
