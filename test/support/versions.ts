import { randomBytesFrom, safetensors } from "../../scripts/tiny-model.ts";

/** Bytes of one tensor of {@link sharded}. */
export const tensorBytes = 512 * 256;

export interface VersionOptions {
  readonly tensors: number;
  /** Names of tensors whose content is not that of version 1. */
  readonly changed?: readonly number[];
  /** Shards that the tensors are spread over, in order. Default 1. */
  readonly shards?: number;
  /** Free text in the headers, which moves everything behind it. */
  readonly note?: string;
}

/**
 * The safetensors files of a model by path: BF16 tensors of 128 KiB, all with one shape, so that content alone tells
 * them apart.
 */
export function sharded({ tensors, changed = [], shards = 1, note }: VersionOptions): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  const perShard = Math.ceil(tensors / shards);
  for (let shard = 0; shard < shards; shard++) {
    const numbers = Array.from({ length: tensors }, (_, at) => at).slice(shard * perShard, (shard + 1) * perShard);
    const header: Record<string, unknown> = note === undefined ? {} : { __metadata__: { note } };
    for (const [at, number] of numbers.entries()) {
      const data_offsets = [at * tensorBytes, (at + 1) * tensorBytes];
      header[`layer.${number}.weight`] = { dtype: "BF16", shape: [256, 256], data_offsets };
    }
    const data = numbers.map((number) => noise(changed.includes(number) ? number + 1_000_000 : number));
    const digits = (value: number) => String(value).padStart(5, "0");
    const name = shards === 1 ? "model" : `model-${digits(shard + 1)}-of-${digits(shards)}`;
    files[`${name}.safetensors`] = safetensors(header, Buffer.concat(data));
  }
  return files;
}

/** Tensors by their seeds: making one takes a millisecond or more, and each version has the most of the one before. */
const made = new Map<number, Buffer>();

/** As many bytes as a tensor has, which depend on the seed. */
function noise(seed: number): Buffer {
  const known = made.get(seed);
  if (known) return known;
  const next = randomBytesFrom(seed);
  const bytes = Buffer.alloc(tensorBytes);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(next(), at);
  made.set(seed, bytes);
  return bytes;
}
