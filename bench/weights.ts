import { createCipheriv } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";

const mebibyte = 1024 * 1024;

/** A tensor of bytes that do not compress; the same seed gives the same bytes on every machine. */
export interface Noise {
  readonly name: string;
  readonly bytes: number;
  readonly seed: number;
}

/**
 * The tensors of a model of about so many bytes.
 *
 * @param count - by default as many as make some 5 MiB each, like the blocks of a small transformer.
 */
export function noise(
  bytes: number,
  firstSeed: number,
  count: number = Math.max(1, Math.round(bytes / (5 * mebibyte))),
): Noise[] {
  const each = Math.floor(bytes / count);
  return Array.from({ length: count }, (_, at) => ({ name: `block.${at}.weight`, bytes: each, seed: firstSeed + at }));
}

/** The first bytes of a safetensors file: length and header, padded to 8. */
export function safetensorsHeader(
  tensors: readonly { readonly name: string; readonly bytes: number }[],
  metadata: Readonly<Record<string, string>> = {},
): Buffer {
  const header: Record<string, unknown> = { __metadata__: { format: "pt", ...metadata } };
  let at = 0;
  for (const { name, bytes } of tensors) {
    header[name] = { dtype: "U8", shape: [bytes], data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.byteLength % 8)) % 8, " ")]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.byteLength));
  return Buffer.concat([length, padded]);
}

/** Writes a valid safetensors file. */
export function writeWeights(
  path: string,
  tensors: readonly Noise[],
  metadata: Readonly<Record<string, string>> = {},
): void {
  const file = openSync(path, "w");
  const zeros = Buffer.alloc(mebibyte);
  try {
    writeSync(file, safetensorsHeader(tensors, metadata));
    for (const { bytes, seed } of tensors) {
      // AES in counter mode over zeros: the fastest noise that node:crypto has.
      const key = Buffer.alloc(16);
      key.writeUInt32LE(seed);
      const cipher = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
      for (let left = bytes; left > 0; left -= mebibyte)
        writeSync(file, cipher.update(left < mebibyte ? zeros.subarray(0, left) : zeros));
    }
  } finally {
    closeSync(file);
  }
}
