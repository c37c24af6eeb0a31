import { crc32, inflateRawSync } from "node:zlib";
import { inflatedMemberLimitBytes } from "../../limits.ts";
import { bytesReader, type RangeReader, slice } from "../../weights/range-reader.ts";
import { quote, unsafe } from "../../weights/tensor.ts";
import type { ZipDirectory, ZipEntry } from "./directory.ts";

const localSignature = 0x04034b50;
const localBytes = 30;

/** What is read at once for a checksum. */
const pieceBytes = 1024 * 1024;

/** The local header of a member: what readers that go from front to back believe instead of the directory. */
export interface ZipLocal {
  readonly name: string;
  readonly method: number;
  /** First byte of the member's content. */
  readonly dataStart: number;
}

/** Reads the local header of a member. @throws {@link ModelError} `UNSAFE_FORMAT` when there is none. */
export async function readZipLocal(read: RangeReader, entry: ZipEntry): Promise<ZipLocal> {
  const { offset, name } = entry;
  if (offset + localBytes > read.size) throw unsafe(`zip member ${quote(name)} lies beyond the end of the file`);
  const header = Buffer.from(await read.read(offset, localBytes));
  if (header.readUInt32LE(0) !== localSignature) throw unsafe(`zip member ${quote(name)} has no local header`);
  const nameBytes = header.readUInt16LE(26);
  const dataStart = offset + localBytes + nameBytes + header.readUInt16LE(28);
  if (dataStart + entry.compressedBytes > read.size) throw unsafe(`zip member ${quote(name)} is truncated`);
  const local = Buffer.from(await read.read(offset + localBytes, nameBytes)).toString("utf8");
  return { name: local, method: header.readUInt16LE(8), dataStart };
}

/** The content of a member, and whether it is what its checksum says, when that could be told. */
export interface ZipContent {
  readonly content: RangeReader;
  readonly isChecked: boolean;
  readonly hasChecksum: boolean;
}

/**
 * Opens a member. Stored ones are read in place; compressed ones are inflated into memory.
 *
 * PyTorch's reader ignores checksums and the bit for encryption, and so does this one: what it would load must be seen.
 *
 * @param checks - whether stored members are read for their checksums; otherwise they are not.
 * @throws {@link ModelError} `UNSAFE_FORMAT` when the member is compressed in another way, broken, or longer than
 * {@link inflatedMemberLimitBytes}.
 */
export async function openZipMember(
  read: RangeReader,
  entry: ZipEntry,
  { dataStart }: ZipLocal,
  checks = true,
): Promise<ZipContent> {
  if (entry.method === 0) {
    const content = slice(read, dataStart, entry.compressedBytes);
    return checks ? openStored(content, entry) : { content, isChecked: false, hasChecksum: false };
  }
  if (entry.method !== 8) throw unsafe(`zip member ${quote(entry.name)} is compressed by method ${entry.method}`);
  const limit = inflatedMemberLimitBytes;
  if (entry.compressedBytes > limit || entry.bytes > limit) {
    throw unsafe(`zip member ${quote(entry.name)} inflates to more than ${limit} bytes`);
  }
  const compressed = await read.read(dataStart, entry.compressedBytes);
  let bytes: Buffer;
  try {
    bytes = inflateRawSync(compressed, { maxOutputLength: limit });
  } catch (cause) {
    throw unsafe(`zip member ${quote(entry.name)} does not inflate: ${(cause as Error).message}`, cause);
  }
  return { content: bytesReader(bytes), isChecked: true, hasChecksum: crc32(bytes) === entry.crc32 };
}

/**
 * Long stored members are tensors: their digest is that of the file, and reading them twice is not worth a checksum.
 */
async function openStored(content: RangeReader, entry: ZipEntry): Promise<ZipContent> {
  if (content.size > inflatedMemberLimitBytes) return { content, isChecked: false, hasChecksum: false };
  let sum = 0;
  for (let at = 0; at < content.size; at += pieceBytes) {
    sum = crc32(await content.read(at, Math.min(pieceBytes, content.size - at)), sum);
  }
  return { content, isChecked: true, hasChecksum: sum === entry.crc32 };
}

/** What the members and the directory leave unexplained, for readers that look where the directory does not point. */
export interface ZipGap {
  readonly offset: number;
  readonly bytes: number;
  /** Members that share bytes. */
  readonly isOverlap: boolean;
}

/** A data descriptor behind a member has up to 24 bytes. */
const descriptorBytes = 24;

/** Finds bytes between, before and behind the members that belong to none of them, and those that belong to two. */
export function findZipGaps(
  members: readonly { readonly entry: ZipEntry; readonly local: ZipLocal }[],
  directory: ZipDirectory,
  size: number,
): readonly ZipGap[] {
  const gaps: ZipGap[] = [];
  let position = 0;
  let allowed = 0;
  const check = (start: number) => {
    if (start < position) gaps.push({ offset: start, bytes: position - start, isOverlap: true });
    else if (start - position > allowed) gaps.push({ offset: position, bytes: start - position, isOverlap: false });
  };
  for (const { entry, local } of members.toSorted((a, b) => a.entry.offset - b.entry.offset)) {
    check(entry.offset);
    position = Math.max(position, local.dataStart + entry.compressedBytes);
    allowed = (entry.flags & 8) === 0 ? 0 : descriptorBytes;
  }
  check(directory.start);
  if (directory.end < size) gaps.push({ offset: directory.end, bytes: size - directory.end, isOverlap: false });
  return gaps;
}
