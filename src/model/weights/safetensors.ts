import { parseStrictJson } from "../../base/json.ts";
import { arrayAt, countAt, objectAt, textAt, textsAt, unexpected } from "../../base/shape.ts";
import { safetensorsHeaderLimitBytes, tensorLimit } from "../limits.ts";
import type { RangeReader } from "./range-reader.ts";
import { countElements, quote, type Tensor, unsafe, type WeightsHeader } from "./tensor.ts";

/** Bits of one element (reference implementation, `Dtype::bitsize`). A map, for a dtype may be called `toString`. */
export const safetensorsBits: ReadonlyMap<string, number> = new Map(
  Object.entries({
    F4: 4,
    F6_E2M3: 6,
    F6_E3M2: 6,
    BOOL: 8,
    U8: 8,
    I8: 8,
    F8_E5M2: 8,
    F8_E4M3: 8,
    F8_E8M0: 8,
    F8_E4M3FNUZ: 8,
    F8_E5M2FNUZ: 8,
    I16: 16,
    U16: 16,
    F16: 16,
    BF16: 16,
    I32: 32,
    U32: 32,
    F32: 32,
    I64: 64,
    U64: 64,
    F64: 64,
    C64: 64,
  }),
);

/** Bytes of the little-endian u64 in front of the JSON. */
const lengthBytes = 8;

interface TensorInfo {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [begin: number, end: number];
}

function tensorInfoAt(value: unknown, at: string): TensorInfo {
  const info = objectAt(value, at);
  textAt(info["dtype"], "dtype");
  arrayAt(info["shape"], "shape", countAt);
  const offsets = arrayAt(info["data_offsets"], "data_offsets", countAt);
  if (offsets.length !== 2) throw unexpected(offsets, "data_offsets", "two offsets");
  return info as unknown as TensorInfo;
}

/**
 * Parses the header of a safetensors file with every check of the reference implementation, and duplicate keys.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT`.
 * @see {@link https://github.com/huggingface/safetensors/blob/v0.6.2/README.md#format}
 */
export async function parseSafetensors(read: RangeReader): Promise<WeightsHeader> {
  const json = await readJson(read);
  const headerBytes = lengthBytes + json.byteLength;
  const { metadata, infos } = parseJson(json);
  const tensors = infos.map(([name, info]) => describeTensor(name, info, headerBytes));
  checkCoverage(tensors, headerBytes, read.size);
  return { format: "safetensors", headerBytes, tensors, metadata };
}

async function readJson(read: RangeReader): Promise<Uint8Array> {
  if (read.size < lengthBytes) throw unsafe(`has ${read.size} bytes, too short for a safetensors header`);
  const first = await read.read(0, lengthBytes);
  const declared = Buffer.from(first.buffer, first.byteOffset, first.byteLength).readBigUInt64LE();
  // Compared as BigInt: 2^60 must not become a double, let alone an allocation.
  if (declared > BigInt(safetensorsHeaderLimitBytes)) {
    throw unsafe(`its header claims ${declared} bytes, expected at most ${safetensorsHeaderLimitBytes}`);
  }
  const length = Number(declared);
  if (lengthBytes + length > read.size) {
    throw unsafe(`its header claims ${length} bytes, but the file has ${read.size}: it is truncated`);
  }
  return read.read(lengthBytes, length);
}

type NamedInfo = readonly [name: string, info: TensorInfo];

function parseJson(bytes: Uint8Array): { metadata: Record<string, string>; infos: NamedInfo[] } {
  if (bytes[0] !== 0x7b) throw unsafe("its header does not start with {");
  let json: ReturnType<typeof parseStrictJson>;
  try {
    json = parseStrictJson(bytes);
  } catch (cause) {
    throw unsafe(`its header is not the JSON it must be: ${(cause as Error).message.slice(0, 200)}`, cause);
  }
  // Entries, not property reads: a tensor may be called __proto__.
  const entries = Object.entries(json as object) as [string, unknown][];
  if (entries.length > tensorLimit) throw unsafe(`has ${entries.length} tensors, expected at most ${tensorLimit}`);
  let metadata: Record<string, string> = {};
  const infos: NamedInfo[] = [];
  for (const [name, value] of entries) {
    if (name === "__metadata__") metadata = checked(textsAt, value, "__metadata__");
    else infos.push([name, checked(tensorInfoAt, value, name)]);
  }
  return { metadata, infos };
}

function checked<T>(read: (value: unknown, at: string) => T, value: unknown, name: string): T {
  try {
    return read(value, "it");
  } catch (cause) {
    throw unsafe(`entry ${quote(name)} is malformed: ${(cause as Error).message.slice(0, 300)}`, cause);
  }
}

function describeTensor(name: string, info: TensorInfo, headerBytes: number): Tensor {
  const [begin, end] = info.data_offsets;
  const bits = safetensorsBits.get(info.dtype);
  if (bits === undefined) throw unsafe(`tensor ${quote(name)} has the unknown dtype ${quote(info.dtype)}`);
  const elements = countElements(info.shape, name);
  const totalBits = countElements([elements, bits], name);
  if (totalBits % 8 !== 0) throw unsafe(`tensor ${quote(name)} does not end on a whole byte`);
  if (end - begin !== totalBits / 8) {
    throw unsafe(`tensor ${quote(name)} has ${end - begin} bytes, but its shape and dtype need ${totalBits / 8}`);
  }
  return { name, dtype: info.dtype, shape: info.shape, elements, offset: headerBytes + begin, bytes: end - begin };
}

/** No holes, no overlaps, nothing after the last tensor: hidden bytes are where a second file travels along. */
function checkCoverage(tensors: readonly Tensor[], headerBytes: number, size: number): void {
  let position = headerBytes;
  for (const tensor of tensors.toSorted((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    if (tensor.offset !== position) {
      const what = tensor.offset > position ? "hole before" : "overlap at";
      throw unsafe(`${what} tensor ${quote(tensor.name)}: it starts at byte ${tensor.offset}, expected ${position}`);
    }
    position += tensor.bytes;
  }
  if (position > size) throw unsafe(`its tensors end at byte ${position}, but the file has ${size}: it is truncated`);
  if (position < size) throw unsafe(`its tensors end at byte ${position}, but the file goes on to ${size}`);
}
