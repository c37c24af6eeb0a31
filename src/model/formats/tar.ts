import { archiveMemberLimit } from "../limits.ts";
import type { RangeReader } from "../weights/range-reader.ts";
import { quote, unsafe } from "../weights/tensor.ts";
import { PagedReader } from "./paged-reader.ts";

const blockBytes = 512;

/** Records of long names and other attributes; they have some hundred bytes. */
const recordLimitBytes = 1024 * 1024;

/** A member of a tar archive. */
export interface TarEntry {
  readonly path: string;
  readonly type: "file" | "directory" | "link" | "other";
  /** Where a link leads. */
  readonly target: string;
  /** First byte of its content, and its length. */
  readonly offset: number;
  readonly size: number;
}

/** Tells a tar archive by the word that all writers since 1988 put into the first header. */
export async function isTar(read: RangeReader): Promise<boolean> {
  if (read.size < 2 * blockBytes) return false;
  return Buffer.from(await read.read(257, 5)).toString("latin1") === "ustar";
}

/**
 * Lists the members of a tar archive from its start, as Python does: up to the first block of zeros.
 *
 * @returns the first byte behind the end of the archive.
 * @throws {@link ModelError} `UNSAFE_FORMAT` for a header without its checksum, and for one that two readers would read
 * differently.
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html}
 */
export async function* readTar(read: RangeReader): AsyncGenerator<TarEntry, number> {
  const pages = new PagedReader(read);
  let [at, count] = [0, 0];
  let attributes = new Map<string, string>();
  while (at + blockBytes <= read.size) {
    const header = await pages.bytes(at, blockBytes, "a header of the archive");
    if (header.every((byte) => byte === 0)) return at + blockBytes;
    checkHeader(header, at);
    const size = attributes.has("size") ? Number(attributes.get("size")) : numberAt(header, 124, 12);
    const offset = at + blockBytes;
    if (!Number.isSafeInteger(size) || offset + size > read.size)
      throw unsafe(`has a member of ${size} bytes beyond its end`);
    at = offset + Math.ceil(size / blockBytes) * blockBytes;
    if (++count > archiveMemberLimit) throw unsafe(`has more than ${archiveMemberLimit} members`);
    const type = String.fromCharCode(header[156] ?? 0);
    if ("xgLK".includes(type)) {
      if (size > recordLimitBytes) throw unsafe(`has a record of ${size} bytes`);
      const record = await pages.bytes(offset, size, "a record of the archive");
      for (const [key, value] of readRecord(record, type)) attributes.set(key, value);
      continue;
    }
    yield entryOf(header, { type, offset, size, attributes });
    attributes = new Map();
  }
  throw unsafe("ends without its last block: it is truncated");
}

interface Found {
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  readonly attributes: ReadonlyMap<string, string>;
}

function entryOf(header: Buffer, { type, offset, size, attributes }: Found): TarEntry {
  const prefix = header.toString("latin1", 257, 263) === "ustar\0" ? textAt(header, 345, 155) : "";
  const name = textAt(header, 0, 100);
  const path = attributes.get("path") ?? (prefix === "" ? name : `${prefix}/${name}`);
  const kinds: Readonly<Record<string, TarEntry["type"]>> = {
    "0": "file",
    "\0": "file",
    "7": "file",
    "1": "link",
    "2": "link",
    "5": "directory",
  };
  const target = attributes.get("linkpath") ?? textAt(header, 157, 100);
  return { path, type: kinds[type] ?? "other", target, offset, size };
}

function checkHeader(header: Buffer, at: number): void {
  let sum = 8 * 0x20;
  for (const [index, byte] of header.entries()) if (index < 148 || index >= 156) sum += byte;
  if (numberAt(header, 148, 8) !== sum) throw unsafe(`has a header without its checksum at byte ${at}`);
}

/** Octal digits, or a binary number behind a set bit. */
function numberAt(header: Buffer, at: number, length: number): number {
  if ((header[at] ?? 0) >= 0x80) {
    const value = header.subarray(at + 1, at + length).reduce((sum, byte) => sum * 256 + byte, 0);
    return header[at] === 0x80 ? value : Number.NaN;
  }
  const digits = textAt(header, at, length).trim();
  return /^[0-7]{0,12}$/.test(digits) ? Number.parseInt(digits || "0", 8) : Number.NaN;
}

function textAt(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? length : end);
}

/** `<length> <key>=<value>\n`, over and over; GNU's own records are a name and nothing else. */
function* readRecord(record: Buffer, type: string): Iterable<readonly [key: string, value: string]> {
  if (type === "L" || type === "K") {
    yield [type === "L" ? "path" : "linkpath", textAt(record, 0, record.length)];
    return;
  }
  for (let at = 0; at < record.length; ) {
    const [, digits = ""] = /^(\d{1,8}) /.exec(record.toString("latin1", at, at + 10)) ?? [];
    const end = at + Number(digits);
    const equals = record.indexOf(0x3d, at);
    if (digits === "" || end > record.length || equals < 0 || equals >= end) throw unsafe("has a broken record");
    const key = record.toString("utf8", at + digits.length + 1, equals);
    // Some readers apply what is global to sizes and names, and others do not.
    if (type === "g" && ["size", "path", "linkpath"].includes(key)) throw unsafe(`sets ${quote(key)} for all members`);
    yield [key, record.toString("utf8", equals + 1, end - 1)];
    at = end;
  }
}
