import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import { digestAlgorithm, sealDigest } from "../../base/digest.ts";
import { ContentError } from "../../base/errors.ts";
import type { ByteSink, PushOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";

/** Gathered before it is hashed and written: as much as stays in the processor's cache (docs/decisions/007). */
const bufferBytes = 256 * 1024;

/** Writes the bytes of a blob to an open file, verifying them on the way. */
export class BlobWriter implements ByteSink {
  readonly #file: number;
  readonly #target: Descriptor;
  readonly #onBytes: PushOptions["onBytes"];
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);
  readonly #hash;
  #filled = 0;
  #size = 0;
  #error: Error | undefined;

  constructor(file: number, target: Descriptor, onBytes: PushOptions["onBytes"]) {
    this.#file = file;
    this.#target = target;
    this.#onBytes = onBytes;
    this.#hash = createHash(digestAlgorithm(target.digest));
  }

  room(): Uint8Array {
    return this.#buffer.subarray(this.#filled);
  }

  filled(count: number): boolean {
    this.#filled += count;
    if (this.#filled < bufferBytes) return true;
    try {
      this.#flush();
      return true;
    } catch (error) {
      // Thrown at the end: whoever pours would take it for an error of the source, and try again.
      this.#error = error as Error;
      return false;
    }
  }

  /** @throws {@link ContentError} `TRAILING_DATA`, `SIZE_MISMATCH` or `DIGEST_MISMATCH`. */
  end(): void {
    if (this.#error) throw this.#error;
    this.#flush();
    const { digest, size } = this.#target;
    if (this.#size !== size) {
      throw new ContentError("SIZE_MISMATCH", `${digest} has ${this.#size} bytes, expected ${size}`);
    }
    const actual = sealDigest(digestAlgorithm(digest), this.#hash);
    if (actual !== digest) {
      throw new ContentError("DIGEST_MISMATCH", `content has digest ${actual}, expected ${digest}`);
    }
  }

  #flush(): void {
    const bytes = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    this.#size += bytes.byteLength;
    const { digest, size } = this.#target;
    if (this.#size > size) {
      throw new ContentError("TRAILING_DATA", `${digest} is longer than the expected ${size} bytes`);
    }
    this.#hash.update(bytes);
    for (let at = 0; at < bytes.byteLength; ) at += writeSync(this.#file, bytes, at, bytes.byteLength - at);
    if (bytes.byteLength > 0) this.#onBytes?.(bytes.byteLength);
  }
}
