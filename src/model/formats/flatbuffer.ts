import type { RangeReader } from "../weights/range-reader.ts";
import { unsafe } from "../weights/tensor.ts";
import { PagedReader } from "./paged-reader.ts";

/** Tables, vectors and texts that are read of one file. */
const structureLimit = 5_000_000;

/** A table: where it is, and where its fields are. */
export interface FlatTable {
  readonly position: number;
  /** Offset of each field from `position`; 0 for one that is absent. */
  readonly fields: readonly number[];
}

/**
 * Reads tables of FlatBuffers without their schema. Every offset comes from the file, and is held against its end.
 *
 * @see {@link https://flatbuffers.dev/internals/}
 */
export class FlatBuffer {
  readonly #pages: PagedReader;
  #structures = 0;

  constructor(read: RangeReader) {
    this.#pages = new PagedReader(read);
  }

  get size(): number {
    return this.#pages.size;
  }

  /** The outermost table. @param identifier - four characters that tell the schema. */
  async root(identifier: string): Promise<FlatTable> {
    const head = await this.#bytes(0, 8);
    if (head.toString("latin1", 4, 8) !== identifier) throw unsafe(`does not have ${identifier} at byte 4`);
    return this.#table(head.readUInt32LE(0));
  }

  /** A number of a field; `missing` when it is absent. */
  async number(table: FlatTable, field: number, type: keyof typeof readers, missing = 0): Promise<number> {
    const offset = table.fields[field] ?? 0;
    if (offset === 0) return missing;
    const { bytes, read } = readers[type];
    return read(await this.#bytes(table.position + offset, bytes));
  }

  /** Text of a field, as far as `limitBytes`. */
  async text(table: FlatTable, field: number, limitBytes: number): Promise<string | undefined> {
    const vector = await this.vector(table, field, 1);
    if (!vector) return undefined;
    return (await this.#bytes(vector.start, Math.min(vector.count, limitBytes))).toString("utf8");
  }

  /** Where the items of a vector are, and how many. @param itemBytes - of one item. */
  async vector(table: FlatTable, field: number, itemBytes: number) {
    const offset = table.fields[field] ?? 0;
    if (offset === 0) return undefined;
    const at = await this.#follow(table.position + offset);
    const count = (await this.#bytes(at, 4)).readUInt32LE();
    if (at + 4 + count * itemBytes > this.size) throw unsafe(`has a vector of ${count} items beyond its end`);
    return { start: at + 4, count };
  }

  /** Numbers of a vector of 32 bits each, no more than `limit`. */
  async numbers(table: FlatTable, field: number, limit: number): Promise<readonly number[]> {
    const vector = await this.vector(table, field, 4);
    if (!vector) return [];
    if (vector.count > limit) throw unsafe(`has a vector of ${vector.count} numbers, expected at most ${limit}`);
    const bytes = await this.#bytes(vector.start, vector.count * 4);
    return Array.from({ length: vector.count }, (_, index) => bytes.readInt32LE(index * 4));
  }

  /** The tables of a vector, one after the other. */
  async *tables(table: FlatTable, field: number): AsyncGenerator<FlatTable> {
    const vector = await this.vector(table, field, 4);
    for (let index = 0; index < (vector?.count ?? 0); index++) {
      yield this.#table(await this.#follow((vector?.start ?? 0) + index * 4));
    }
  }

  async #follow(at: number): Promise<number> {
    return at + (await this.#bytes(at, 4)).readUInt32LE();
  }

  async #table(position: number): Promise<FlatTable> {
    const layout = position - (await this.#bytes(position, 4)).readInt32LE();
    const bytes = (await this.#bytes(layout, 4)).readUInt16LE();
    if (bytes < 4 || bytes % 2 !== 0) throw unsafe(`has a broken table at byte ${position}`);
    const offsets = await this.#bytes(layout + 4, bytes - 4);
    return { position, fields: Array.from({ length: offsets.length / 2 }, (_, at) => offsets.readUInt16LE(at * 2)) };
  }

  #bytes(offset: number, length: number): Promise<Buffer> {
    if (++this.#structures > structureLimit) throw unsafe(`has more than ${structureLimit} structures`);
    return this.#pages.bytes(offset, length, "a structure");
  }
}

const readers = {
  i8: { bytes: 1, read: (bytes: Buffer) => bytes.readInt8() },
  u32: { bytes: 4, read: (bytes: Buffer) => bytes.readUInt32LE() },
  i32: { bytes: 4, read: (bytes: Buffer) => bytes.readInt32LE() },
  u64: { bytes: 8, read: (bytes: Buffer) => Number(bytes.readBigUInt64LE()) },
} as const;
