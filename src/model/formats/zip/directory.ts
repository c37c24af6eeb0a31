import { archiveMemberLimit, zipDirectoryLimitBytes } from "../../limits.ts";
import type { RangeReader } from "../../weights/range-reader.ts";
import { unsafe } from "../../weights/tensor.ts";

/** A file in a zip archive, as the central directory describes it. Everything in it is a claim. */
export interface ZipEntry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  /** Of the local header, from the start of the content. */
  readonly offset: number;
}

export interface ZipDirectory {
  readonly entries: readonly ZipEntry[];
  /** First byte of the central directory. */
  readonly start: number;
  /** First byte behind the archive and its comment. */
  readonly end: number;
}

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locatorSignature = 0x07064b50;
const entrySignature = 0x02014b50;
const endBytes = 22;
const commentLimitBytes = 65_535;
const locatorBytes = 20;

interface EndRecord {
  readonly count: number;
  readonly bytes: number;
  readonly offset: number;
  /** Where the directory must end. */
  readonly position: number;
  readonly end: number;
}

/**
 * Reads the central directory of a zip archive the way lenient readers do: from the last end record, whatever lies in
 * front of the archive or behind it.
 *
 * @returns undefined when the content has no end record: it is no zip archive.
 * @throws {@link ModelError} `UNSAFE_FORMAT` when the directory is not where it must be, or too long.
 * @see {@link https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT} 4.3
 */
export async function readZipDirectory(read: RangeReader): Promise<ZipDirectory | undefined> {
  const record = await findEnd(read);
  if (!record) return undefined;
  if (record.count > archiveMemberLimit) {
    throw unsafe(`zip archive claims ${record.count} members, expected at most ${archiveMemberLimit}`);
  }
  if (record.bytes > zipDirectoryLimitBytes) {
    throw unsafe(`zip directory claims ${record.bytes} bytes, expected at most ${zipDirectoryLimitBytes}`);
  }
  const start = record.position - record.bytes;
  // Offsets count from the start of the archive, in front of which other content may lie.
  const shift = start - record.offset;
  if (start < 0 || shift < 0) throw unsafe("zip directory begins before the file does");
  const bytes = Buffer.from(await read.read(start, record.bytes));
  return { entries: parseEntries(bytes, record.count, shift), start, end: record.end };
}

async function findEnd(read: RangeReader): Promise<EndRecord | undefined> {
  if (read.size < endBytes) return undefined;
  const tailBytes = Math.min(read.size, endBytes + commentLimitBytes + locatorBytes);
  const tailStart = read.size - tailBytes;
  const tail = Buffer.from(await read.read(tailStart, tailBytes));
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== endSignature) continue;
    const end = Math.min(tailStart + at + endBytes + tail.readUInt16LE(at + 20), read.size);
    const zip64 = await readEnd64(read, at >= locatorBytes ? tail.subarray(at - locatorBytes, at) : undefined);
    if (zip64) return { ...zip64, end };
    const [count, bytes] = [tail.readUInt16LE(at + 10), tail.readUInt32LE(at + 12)];
    return { count, bytes, offset: tail.readUInt32LE(at + 16), position: tailStart + at, end };
  }
  return undefined;
}

async function readEnd64(read: RangeReader, locator: Buffer | undefined) {
  if (locator?.readUInt32LE(0) !== locatorSignature) return undefined;
  const position = Number(locator.readBigUInt64LE(8));
  if (position + 56 > read.size) throw unsafe("zip64 end record lies beyond the end of the file");
  const record = Buffer.from(await read.read(position, 56));
  if (record.readUInt32LE(0) !== end64Signature) throw unsafe("zip64 end record is not where its locator says");
  const count = Number(record.readBigUInt64LE(32));
  const bytes = Number(record.readBigUInt64LE(40));
  return { count, bytes, offset: Number(record.readBigUInt64LE(48)), position };
}

function parseEntries(directory: Buffer, count: number, shift: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== entrySignature) {
      throw unsafe(`zip directory ends after ${index} of ${count} members`);
    }
    const [nameBytes, extraBytes] = [directory.readUInt16LE(at + 28), directory.readUInt16LE(at + 30)];
    const extraStart = at + 46 + nameBytes;
    const next = extraStart + extraBytes + directory.readUInt16LE(at + 32);
    if (next > directory.length) throw unsafe(`zip directory ends within member ${index + 1} of ${count}`);
    const sizes = zip64Sizes(directory.subarray(extraStart, extraStart + extraBytes), [
      directory.readUInt32LE(at + 24),
      directory.readUInt32LE(at + 20),
      directory.readUInt32LE(at + 42),
    ]);
    const [bytes = 0, compressedBytes = 0, offset = 0] = sizes;
    const flags = directory.readUInt16LE(at + 8);
    const nameText = directory.subarray(at + 46, extraStart);
    const name = nameText.toString((flags & 0x800) === 0 && !isUtf8(nameText) ? "latin1" : "utf8");
    const [method, crc32] = [directory.readUInt16LE(at + 10), directory.readUInt32LE(at + 16)];
    entries.push({ name, flags, method, crc32, compressedBytes, bytes, offset: shift + offset });
    at = next;
  }
  if (at !== directory.length) throw unsafe(`zip directory has ${directory.length - at} bytes behind its last member`);
  return entries;
}

/** Replaces each number that does not fit 32 bits by the one in the extra field, in its fixed order. */
function zip64Sizes(extra: Buffer, numbers: readonly number[]): number[] {
  let field: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let at = 0;
  return numbers.map((number) => {
    if (number !== 0xffffffff) return number;
    if (at + 8 > field.length) throw unsafe("zip member lacks its 64-bit length");
    at += 8;
    return Number(field.readBigUInt64LE(at - 8));
  });
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString("utf8")).equals(bytes);
}
