import { tensorLimit } from "../limits.ts";
import { GgufCursor } from "./gguf-cursor.ts";
import { readMetadata } from "./gguf-metadata.ts";
import { ggmlTypes } from "./gguf-types.ts";
import type { RangeReader } from "./range-reader.ts";
import { countElements, quote, type Tensor, unsafe, type WeightsHeader } from "./tensor.ts";

/** ggml's `GGML_MAX_NAME` is 64 with the final NUL, and `GGML_MAX_DIMS` 4. */
const nameLimitBytes = 63;
const dimensionLimit = 4;
const defaultAlignment = 32;

/** Pairs are at least 13 bytes long; published files have some 50. */
const metadataLimit = 100_000;

/**
 * Parses the header of a GGUF file of version 2 or 3, of either byte order.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT`.
 * @see {@link https://github.com/ggml-org/ggml/blob/master/docs/gguf.md}
 */
export async function parseGguf(read: RangeReader): Promise<WeightsHeader> {
  const cursor = new GgufCursor(read);
  await readVersion(cursor);
  const tensorCount = await cursor.u64("number of tensors");
  const metadataCount = await cursor.u64("number of metadata pairs");
  if (tensorCount > tensorLimit) throw unsafe(`claims ${tensorCount} tensors, expected at most ${tensorLimit}`);
  if (metadataCount > metadataLimit) {
    throw unsafe(`claims ${metadataCount} metadata pairs, expected at most ${metadataLimit}`);
  }
  const { values, lengths } = await readMetadata(cursor, metadataCount);
  const alignment = checkAlignment(values.get("general.alignment"));
  const infos: TensorInfo[] = [];
  for (let index = 0; index < tensorCount; index++) infos.push(await readTensorInfo(cursor));
  const headerBytes = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = infos.map((info) => describeTensor(info, headerBytes, alignment));
  checkPlaces(tensors, { start: headerBytes, alignment, size: read.size });
  const arrays = lengths.size > 0 ? { arrays: Object.fromEntries(lengths) } : {};
  return { format: "gguf", headerBytes, tensors, metadata: Object.fromEntries(values), ...arrays };
}

async function readVersion(cursor: GgufCursor): Promise<void> {
  await cursor.need(8);
  const magic = cursor.take(4).toString("latin1");
  if (magic !== "GGUF") throw unsafe(`starts with ${quote(magic)}, expected "GGUF"`);
  const little = cursor.take(4).readUInt32LE();
  // A small number stored big-endian has nothing in its low 16 bits when read little-endian.
  cursor.bigEndian = (little & 0xffff) === 0;
  const version = cursor.bigEndian ? little >>> 24 : little;
  if (version !== 2 && version !== 3) throw unsafe(`is GGUF version ${version}, expected 2 or 3`);
}

/** Padding to an alignment of zero or of gigabytes would divide by zero or hide data. */
function checkAlignment(value: string | number | boolean | undefined): number {
  if (value === undefined) return defaultAlignment;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 2 ** 20) {
    if ((value & (value - 1)) === 0) return value;
  }
  throw unsafe(`general.alignment is ${quote(String(value))}, expected a power of two up to 2^20`);
}

interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  readonly offset: number;
}

async function readTensorInfo(cursor: GgufCursor): Promise<TensorInfo> {
  const name = await cursor.string("a tensor name", nameLimitBytes);
  const dimensions = await cursor.u32();
  if (dimensions > dimensionLimit) {
    throw unsafe(`tensor ${quote(name)} has ${dimensions} dimensions, expected at most ${dimensionLimit}`);
  }
  const shape: number[] = [];
  for (let index = 0; index < dimensions; index++) shape.push(await cursor.u64(`dimension of tensor ${quote(name)}`));
  return { name, shape, type: await cursor.u32(), offset: await cursor.u64(`offset of tensor ${quote(name)}`) };
}

function describeTensor(info: TensorInfo, dataStart: number, alignment: number): Tensor {
  const { name, shape } = info;
  const type = ggmlTypes.get(info.type);
  if (!type) throw unsafe(`tensor ${quote(name)} has the unknown type ${info.type}`);
  const elements = countElements(shape, name);
  if ((shape[0] ?? 1) % type.elements !== 0) {
    throw unsafe(
      `tensor ${quote(name)} has rows of ${shape[0] ?? 1}, but ${type.name} packs ${type.elements} at a time`,
    );
  }
  if (info.offset % alignment !== 0) {
    throw unsafe(`tensor ${quote(name)} starts at ${info.offset}, expected a multiple of ${alignment}`);
  }
  const bytes = countElements([elements / type.elements, type.bytes], name);
  return { name, dtype: type.name, shape, elements, offset: dataStart + info.offset, bytes };
}

interface GgufPlace {
  /** First byte behind the header. */
  readonly start: number;
  readonly alignment: number;
  /** Of the file. */
  readonly size: number;
}

/**
 * Inside the file, with names of their own, one behind the other with no more than padding between them: ggml accepts
 * nothing else, and a hole is where a second file travels along.
 */
function checkPlaces(tensors: readonly Tensor[], { start, alignment, size }: GgufPlace): void {
  const names = new Set<string>();
  let position = start;
  for (const tensor of tensors.toSorted((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    const name = quote(tensor.name);
    if (names.has(tensor.name)) throw unsafe(`tensor ${name} appears twice`);
    names.add(tensor.name);
    if (tensor.offset < position) throw unsafe(`tensor ${name} overlaps the one before it`);
    const expected = Math.ceil(position / alignment) * alignment;
    if (tensor.offset > expected)
      throw unsafe(`hole before tensor ${name}: it starts at ${tensor.offset}, expected ${expected}`);
    position = tensor.offset + tensor.bytes;
    if (position > size) {
      throw unsafe(`tensor ${name} ends at byte ${position}, but the file has ${size}: it is truncated`);
    }
  }
}
