/** A regular file in an archive. */
export interface TarEntry {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

const blockBytes = 512;

/** Bytes of zeros that fill the last block of something of this length. */
export function tarPadding(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}

/** What an archive ends with: two blocks of zeros. */
export const tarEndBytes = 2 * blockBytes;

/**
 * Encodes what comes before a file in a tar: a USTAR header for short ASCII names, with a PAX record before it for the
 * others. Mode and owner are constants, without names, which differ between machines.
 *
 * The bytes are those that tar-stream writes: digests of archives from earlier versions of mreg hang on them.
 *
 * @see {@link https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06}
 */
export function tarHeader({ path, size, mtime }: TarEntry): Buffer {
  const split = splitName(path);
  if (split) return block({ ...split, size, mtime, type: "0" });
  const record = paxRecord("path", path);
  const name = { name: "PaxHeader", prefix: "" };
  return Buffer.concat([
    block({ ...name, size: record.byteLength, mtime, type: "x" }),
    record,
    Buffer.alloc(tarPadding(record.byteLength)),
    block({ ...name, size, mtime, type: "0" }),
  ]);
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

function block({ name, prefix, size, mtime, type }: HeaderBlock): Buffer {
  const bytes = Buffer.alloc(blockBytes);
  bytes.write(name, 0, "latin1");
  bytes.write(`000644 \0${octal(0, 6)}\0${octal(0, 6)}\0${octal(size, 11)}${octal(mtime, 11)}`, 100, "latin1");
  bytes.write(`${type}`, 156, "latin1");
  bytes.write("ustar\x0000", 257, "latin1");
  bytes.write(`${octal(0, 6)}\0${octal(0, 6)}\0`, 329, "latin1");
  bytes.write(prefix, 345, "latin1");
  // The checksum is over the header with spaces in its place; behind the prefix, and before it, there are only zeros.
  bytes.fill(" ", 148, 156);
  let sum = 0;
  for (let at = 0; at < 265; at++) sum += bytes[at] ?? 0;
  for (let at = 329; at < 345 + prefix.length; at++) sum += bytes[at] ?? 0;
  bytes.write(`${octal(sum, 6)}\0`, 148, "latin1");
  return bytes;
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
