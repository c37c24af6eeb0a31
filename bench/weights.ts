import { createCipheriv } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * Writes a valid safetensors file of about `bytes` bytes: one U8 tensor of noise that does not compress and is the
 * same on every machine.
 */
export async function writeWeights(path: string, bytes: number): Promise<void> {
  const header = Buffer.from(JSON.stringify({ noise: { dtype: "U8", shape: [bytes], data_offsets: [0, bytes] } }));
  const padded = Buffer.concat([header, Buffer.alloc((8 - (header.byteLength % 8)) % 8, " ")]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.byteLength));
  await pipeline(
    Readable.from(
      (function* () {
        yield length;
        yield padded;
        // AES in counter mode over zeros: the fastest noise that node:crypto has.
        const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 7), Buffer.alloc(16));
        const zeros = Buffer.alloc(1024 * 1024);
        for (let left = bytes; left > 0; left -= zeros.byteLength) {
          yield cipher.update(left < zeros.byteLength ? zeros.subarray(0, left) : zeros);
        }
      })(),
    ),
    createWriteStream(path),
  );
}
