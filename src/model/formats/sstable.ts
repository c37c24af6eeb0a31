import type { RangeReader } from "../weights/range-reader.ts";
import { unsafe } from "../weights/tensor.ts";
import { PagedReader } from "./paged-reader.ts";

/** Last eight bytes of a table of LevelDB, and of TensorFlow's own. */
const magic = 0xdb4775248b80fb57n;
const footerBytes = 48;
const blockLimit = 100_000;
const entryLimit = 1_000_000;

interface Handle {
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Reads the entries of a sorted string table in order, as TensorFlow writes indexes of variables: not compressed.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT`.
 * @see {@link https://github.com/google/leveldb/blob/1.23/doc/table_format.md}
 */
export async function* readTable(read: RangeReader): AsyncGenerator<readonly [key: string, value: Buffer]> {
  if (read.size < footerBytes) throw unsafe(`has ${read.size} bytes, too short for an index of variables`);
  const pages = new PagedReader(read);
  const footer = await pages.bytes(read.size - footerBytes, footerBytes, "the footer");
  if (footer.readBigUInt64LE(footerBytes - 8) !== magic) throw unsafe("is no index of variables: its footer is none");
  const cursor = { at: 0 };
  readHandle(footer, cursor);
  const index = await readBlock(pages, readHandle(footer, cursor));
  let [blocks, entries] = [0, 0];
  for (const [, value] of blockEntries(index)) {
    if (++blocks > blockLimit) throw unsafe(`has more than ${blockLimit} blocks`);
    for (const entry of blockEntries(await readBlock(pages, readHandle(value, { at: 0 })))) {
      if (++entries > entryLimit) throw unsafe(`has more than ${entryLimit} entries`);
      yield [entry[0].toString("utf8"), entry[1]];
    }
  }
}

/** A block, its type and its checksum. */
async function readBlock(pages: PagedReader, { offset, bytes }: Handle): Promise<Buffer> {
  const block = await pages.bytes(offset, bytes + 5, "a block");
  if (block[bytes] !== 0) throw unsafe(`has a block that is compressed by method ${block[bytes]}`);
  return block.subarray(0, bytes);
}

/** Keys share their beginning with the one before; restart points lie behind the entries. */
function* blockEntries(block: Buffer): Iterable<readonly [key: Buffer, value: Buffer]> {
  const restarts = block.length < 4 ? -1 : block.length - 4 - block.readUInt32LE(block.length - 4) * 4;
  if (restarts < 0) throw unsafe("has a block without its end");
  const cursor = { at: 0 };
  let key: Buffer = Buffer.alloc(0);
  while (cursor.at < restarts) {
    const [shared, unshared, length] = [varint(block, cursor), varint(block, cursor), varint(block, cursor)];
    const end = cursor.at + unshared + length;
    if (shared > key.length || end > restarts) throw unsafe("has an entry beyond the end of its block");
    key = Buffer.concat([key.subarray(0, shared), block.subarray(cursor.at, cursor.at + unshared)]);
    yield [key, block.subarray(cursor.at + unshared, end)];
    cursor.at = end;
  }
}

function readHandle(bytes: Buffer, cursor: { at: number }): Handle {
  return { offset: varint(bytes, cursor), bytes: varint(bytes, cursor) };
}

function varint(bytes: Buffer, cursor: { at: number }): number {
  let value = 0;
  for (let shift = 0; shift < 8; shift++) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * shift);
    if (byte < 0x80 && Number.isSafeInteger(value)) return value;
  }
  throw unsafe("has a number without an end");
}
