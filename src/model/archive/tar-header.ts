/** A regular file in an archive. */
export interface TarEntry {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

/** What everything in a tar is a multiple of. */
export const tarBlockBytes = 512;

/** Bytes of zeros that fill the last block of something of this length. */
export function tarPadding(size: number): number {
  return (tarBlockBytes - (size % tarBlockBytes)) % tarBlockBytes;
}

/** What an archive ends with: two blocks of zeros. */
export const tarEndBytes = 2 * tarBlockBytes;

/**
 * Encodes what comes before a file in a tar: a USTAR header for short ASCII names, with a PAX record before it for the
 * others. Mode and owner are constants, without names, which differ between machines.
 *
 * The bytes are those that tar-stream writes: digests of archives from earlier versions of mreg hang on them.
 *
 * @param into - has room for it: a buffer for each of 100,000 headers keeps the garbage collector busy.
 * @returns where the header ends in `into`.
 * @see {@link https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06}
 */
export function writeTarHeader({ path, size, mtime }: TarEntry, into: Buffer, at: number): number {
  const split = splitName(path);
  if (split) return writeBlock({ ...split, size, mtime, type: "0" }, into, at);
  const record = paxRecord("path", path);
  const name = { name: "PaxHeader", prefix: "" };
  const recordAt = writeBlock({ ...name, size: record.byteLength, mtime, type: "x" }, into, at);
  const end = recordAt + record.byteLength + tarPadding(record.byteLength);
  into.fill(0, recordAt, end);
  record.copy(into, recordAt);
  return writeBlock({ ...name, size, mtime, type: "0" }, into, end);
}

/** The two fields for a name; undefined when it is not ASCII or too long for them. */
function splitName(path: string): { name: string; prefix: string } | undefined {
  if (Buffer.byteLength(path) !== path.length) return undefined;
  let at = 0;
  while (path.length - at > 100) {
    const slash = path.indexOf("/", at);
    if (slash < 0) return undefined;
    at = slash + 1;
  }
  const prefix = at === 0 ? "" : path.slice(0, at - 1);
  return prefix.length > 155 ? undefined : { name: path.slice(at), prefix };
}

interface HeaderBlock {
  readonly name: string;
  readonly prefix: string;
  readonly size: number;
  readonly mtime: number;
  readonly type: "0" | "x";
}

function writeBlock({ name, prefix, size, mtime, type }: HeaderBlock, into: Buffer, at: number): number {
  const end = at + tarBlockBytes;
  into.fill(0, at, end);
  into.write(name, at, "latin1");
  const numbers = `000644 \0${noOwner}\0${noOwner}\0${octal(size, 11)}${octal(mtime, 11)}        ${type}`;
  into.write(numbers, at + 100, "latin1");
  into.write(magic, at + 257, "latin1");
  into.write(noDevice, at + 329, "latin1");
  into.write(prefix, at + 345, "latin1");
  // The checksum is over the header with spaces in its place.
  const sum =
    fixedSum + sumOf(into, at, name.length) + sumOf(into, at + 100, 57) + sumOf(into, at + 345, prefix.length);
  into.write(`${octal(sum, 6)}\0`, at + 148, "latin1");
  return end;
}

const magic = "ustar\x0000";

/** Owner, group, and the numbers of a device. */
const noOwner = octal(0, 6);
const noDevice = `${noOwner}\0${noOwner}\0`;

/** What is the same in all headers adds this much to the checksum: most of the block is zeros. */
const fixedText = Buffer.from(magic + noDevice, "latin1");
const fixedSum = sumOf(fixedText, 0, fixedText.byteLength);

function sumOf(bytes: Buffer, start: number, length: number): number {
  let sum = 0;
  for (let index = start; index < start + length; index++) sum += bytes[index] ?? 0;
  return sum;
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, "0")} `;
}

/** `<length> key=value\n`, where the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  const length = Buffer.byteLength(rest);
  let digits = String(length).length;
  if (length + digits >= 10 ** digits) digits++;
  return Buffer.from(`${length + digits}${rest}`);
}
