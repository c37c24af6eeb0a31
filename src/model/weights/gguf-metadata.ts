import { ggufStringLimitBytes } from "../limits.ts";
import type { GgufCursor } from "./gguf-cursor.ts";
import { quote, unsafe } from "./tensor.ts";

/** GGUF specification: keys are at most 2^16 - 1 bytes. */
const keyLimitBytes = 65_535;

/** ggml's own cap on the length of an array. */
const arrayLimit = 2 ** 30;

/** Arrays of arrays; no known writer makes any. */
const arrayDepthLimit = 4;

type Scalar = string | number | boolean;

/** Bytes of the value types with a fixed width, by type number. */
const widths: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const stringType = 8;
const arrayType = 9;

export interface GgufMetadata {
  readonly values: ReadonlyMap<string, Scalar>;
  /** How many elements each array has. */
  readonly lengths: ReadonlyMap<string, number>;
}

/** Reads the key-value pairs; arrays and overlong strings are stepped over, never built. */
export async function readMetadata(cursor: GgufCursor, count: number): Promise<GgufMetadata> {
  const values = new Map<string, Scalar>();
  const lengths = new Map<string, number>();
  const keys = new Set<string>();
  for (let index = 0; index < count; index++) {
    const key = await cursor.string(`metadata key ${index + 1}`, keyLimitBytes);
    if (keys.has(key)) throw unsafe(`metadata key ${quote(key)} appears twice`);
    keys.add(key);
    const type = await cursor.u32();
    if (type === arrayType) {
      lengths.set(key, await skipArray(cursor, key, 1));
      continue;
    }
    const value = await readValue(cursor, type, key);
    if (value !== undefined) values.set(key, value);
  }
  return { values, lengths };
}

async function readValue(cursor: GgufCursor, type: number, key: string): Promise<Scalar | undefined> {
  if (type === stringType) return readString(cursor, key);
  const width = widths[type];
  if (width === undefined) throw unsafe(`metadata ${quote(key)} has the unknown value type ${type}`);
  await cursor.need(width);
  return scalar(cursor.take(width), type, { key, bigEndian: cursor.bigEndian });
}

async function readString(cursor: GgufCursor, key: string): Promise<string | undefined> {
  await cursor.need(8);
  const length = cursor.takeU64(`length of metadata ${quote(key)}`);
  if (length > ggufStringLimitBytes) {
    cursor.skip(length);
    return undefined;
  }
  await cursor.need(length);
  // Lenient, unlike names: old converters wrote Latin-1 into descriptions, and nothing is decided by them.
  return cursor.take(length).toString("utf8");
}

function scalar(bytes: Buffer, type: number, context: { key: string; bigEndian: boolean }): number | boolean {
  if (context.bigEndian) bytes = Buffer.from(bytes).reverse();
  switch (type) {
    case 0:
      return bytes.readUInt8();
    case 1:
      return bytes.readInt8();
    case 2:
      return bytes.readUInt16LE();
    case 3:
      return bytes.readInt16LE();
    case 4:
      return bytes.readUInt32LE();
    case 5:
      return bytes.readInt32LE();
    case 6:
      return bytes.readFloatLE();
    case 7:
      if (bytes.readUInt8() > 1) throw unsafe(`metadata ${quote(context.key)} is a boolean with value ${bytes[0]}`);
      return bytes.readUInt8() === 1;
    case 10:
      return Number(bytes.readBigUInt64LE());
    case 11:
      return Number(bytes.readBigInt64LE());
    default:
      return bytes.readDoubleLE();
  }
}

async function skipArray(cursor: GgufCursor, key: string, depth: number): Promise<number> {
  if (depth > arrayDepthLimit) throw unsafe(`metadata ${quote(key)} nests arrays deeper than ${arrayDepthLimit}`);
  const type = await cursor.u32();
  const count = await cursor.u64(`length of metadata ${quote(key)}`);
  if (count > arrayLimit) throw unsafe(`metadata ${quote(key)} has ${count} elements, expected at most ${arrayLimit}`);
  const width = widths[type];
  if (width !== undefined) {
    cursor.skip(count * width);
  } else if (type === stringType) {
    for (let index = 0; index < count; index++) {
      if (!cursor.has(8)) await cursor.need(8);
      cursor.skip(cursor.takeU64(`length of a string in metadata ${quote(key)}`));
    }
  } else if (type === arrayType) {
    for (let index = 0; index < count; index++) await skipArray(cursor, key, depth + 1);
  } else {
    throw unsafe(`metadata ${quote(key)} is an array of the unknown value type ${type}`);
  }
  return count;
}
