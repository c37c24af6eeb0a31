import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tinyGguf } from "./tiny-gguf.ts";
import { card, licenseText, tokenizer, tokenizerConfig } from "./tiny-model-texts.ts";

/**
 * Makes small valid models from a seed: equal seeds give equal bytes on every machine.
 * The quickstart, the benchmark and the tests share it; none of it ships.
 */

export interface TinyModelOptions {
  /** Any integer; every tensor depends on it. */
  readonly seed: number;
  /** SPDX identifier for the card and the LICENSE file. Default `Apache-2.0`. */
  readonly license?: string;
}

/** A 32-bit generator (mulberry32); good enough for bytes that only have to differ. */
export function randomBytesFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Shapes of a two-layer BERT-like encoder with 8,440 parameters. */
const shapes: Readonly<Record<string, readonly number[]>> = {
  "embeddings.word_embeddings.weight": [128, 32],
  "encoder.layer.0.attention.query.weight": [32, 32],
  "encoder.layer.0.attention.query.bias": [32],
  "encoder.layer.0.output.weight": [32, 32],
  "encoder.layer.1.attention.query.weight": [32, 32],
  "encoder.layer.1.output.weight": [32, 32],
  "pooler.dense.weight": [6, 32],
  "pooler.dense.bias": [24],
};

/**
 * Writes a directory that looks like a small model from a hub: `model.safetensors`, `config.json`, `tokenizer.json`,
 * `tokenizer_config.json`, `README.md` with a complete card in its front matter, and `LICENSE`.
 *
 * @returns the names of the files, sorted.
 */
export async function writeTinyModel(directory: string, options: TinyModelOptions): Promise<readonly string[]> {
  const license = options.license ?? "Apache-2.0";
  const files: Readonly<Record<string, Uint8Array | string>> = {
    LICENSE: licenseText(license),
    "README.md": card({ seed: options.seed, license }),
    "config.json": json({
      architectures: ["TinyBertModel"],
      hidden_size: 32,
      model_type: "bert",
      num_hidden_layers: 2,
      torch_dtype: "float32",
      vocab_size: 128,
    }),
    "model.safetensors": tinySafetensors(options.seed),
    "tokenizer.json": json(tokenizer),
    "tokenizer_config.json": json(tokenizerConfig),
  };
  await mkdir(directory, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return Object.keys(files).sort();
}

/** The bytes of a valid safetensors file: float32 tensors in [-0.5, 0.5) that depend on the seed. */
export function tinySafetensors(seed: number): Uint8Array {
  const next = randomBytesFrom(seed);
  const header: Record<string, unknown> = { __metadata__: { format: "pt", seed: String(seed) } };
  const values: number[] = [];
  for (const [name, shape] of Object.entries(shapes)) {
    const count = shape.reduce((product, dimension) => product * dimension, 1);
    const begin = values.length * 4;
    header[name] = { dtype: "F32", shape, data_offsets: [begin, begin + count * 4] };
    for (let index = 0; index < count; index++) values.push(next() / 2 ** 32 - 0.5);
  }
  const data = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) data.writeFloatLE(value, index * 4);
  return safetensors(header, data);
}

/** Puts a header and tensor bytes together; the reference writer pads the header to a multiple of 8 with spaces. */
export function safetensors(header: unknown, data: Uint8Array): Uint8Array {
  const text = JSON.stringify(header);
  const padding = (8 - (Buffer.byteLength(text) % 8)) % 8;
  const head = Buffer.from(text + " ".repeat(padding));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.byteLength));
  return Buffer.concat([length, head, data]);
}

/** Writes a valid GGUF file with float32 and Q8_0 tensors. */
export async function writeTinyGguf(path: string, options: { readonly seed: number }): Promise<void> {
  await writeFile(path, tinyGguf(randomBytesFrom(options.seed)));
}

/** Bytes that the generator of {@link writeBigFile} makes at a time. */
const bigFileChunkBytes = 1024 * 1024;

/**
 * Writes a file of any size from a seed, in little memory.
 *
 * Each MiB starts with eight bytes of its own, so that no two are equal and no store or file system can merge them.
 *
 * @param bytes - the size of the file.
 */
export async function writeBigFile(path: string, bytes: number, seed: number): Promise<void> {
  const next = randomBytesFrom(seed);
  const pattern = Buffer.alloc(bigFileChunkBytes);
  for (let at = 0; at < pattern.length; at += 4) pattern.writeUInt32LE(next(), at);
  const stream = createWriteStream(path, { highWaterMark: bigFileChunkBytes });
  for (let written = 0; written < bytes; written += bigFileChunkBytes) {
    const chunk = Buffer.from(pattern.subarray(0, Math.min(bigFileChunkBytes, bytes - written)));
    if (chunk.length >= 8) chunk.writeBigUInt64LE(BigInt(written + seed), 0);
    if (!stream.write(chunk)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "close");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
