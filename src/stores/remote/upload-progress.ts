import type { ByteStream } from "../../base/bytes.ts";
import type { PushOptions } from "../../oci/content.ts";

/** Keeps the sum of reported bytes at what the registry has, as far as is known. */
export class UploadProgress {
  readonly #options: PushOptions;
  #sent = 0;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  get sent(): number {
    return this.#sent;
  }

  moveTo(received: number): void {
    this.#add(received - this.#sent);
  }

  /** Passes a stream through and counts what was taken. */
  async *counted(stream: ByteStream): ByteStream {
    for await (const chunk of stream) {
      const { byteLength } = chunk;
      yield chunk;
      this.#add(byteLength);
    }
  }

  #add(count: number): void {
    this.#sent += count;
    if (count !== 0) this.#options.onBytes?.(count);
  }
}
