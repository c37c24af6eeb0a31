import type { ByteStream } from "../../base/bytes.ts";
import { type Digest, verified } from "../../base/digest.ts";
import type { ByteRange, PushOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { StoreError } from "../../oci/errors.ts";
import type { BlobSource } from "../../oci/source.ts";

/** Content by digest. Manifests live here too: in memory nothing tells them apart. */
export class MemoryBlobs {
  readonly #content = new Map<Digest, Uint8Array>();

  has(target: Descriptor): boolean {
    return this.#content.has(target.digest);
  }

  get(target: Descriptor): Uint8Array {
    const bytes = this.#content.get(target.digest);
    if (bytes) return bytes;
    throw new StoreError("NOT_FOUND", `${target.digest} is not in memory`);
  }

  async *fetch(target: Descriptor): ByteStream {
    yield* verified(one(this.get(target)), target);
  }

  async *fetchRange(target: Descriptor, range: ByteRange): ByteStream {
    yield this.get(target).subarray(range.start, range.end);
  }

  async push(source: BlobSource, options: PushOptions = {}): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of verified(source.open(), source.descriptor)) {
      options.signal?.throwIfAborted();
      chunks.push(chunk);
      options.onBytes?.(chunk.byteLength);
    }
    const bytes = Buffer.concat(chunks);
    this.#content.set(source.descriptor.digest, bytes);
    return bytes;
  }

  delete(target: Descriptor): void {
    if (this.#content.delete(target.digest)) return;
    throw new StoreError("NOT_FOUND", `${target.digest} is not in memory`);
  }
}

async function* one(bytes: Uint8Array): ByteStream {
  yield bytes;
}
