import type { ByteSink } from "../oci/content.ts";
import type { Part } from "./parts.ts";

/** Gathers the bytes of one part and writes them in long stretches. */
export class PartSink implements ByteSink {
  readonly #part: Part;
  readonly #buffer: Uint8Array;
  readonly #write: (bytes: Uint8Array, start: number) => void;
  #filled = 0;

  /** @param buffer - may be used again when this is flushed for good. */
  constructor(part: Part, buffer: Uint8Array, write: (bytes: Uint8Array, start: number) => void) {
    this.#part = part;
    this.#buffer = buffer;
    this.#write = write;
  }

  room(): Uint8Array {
    return this.#buffer.subarray(this.#filled);
  }

  filled(count: number): boolean {
    // What another connection has taken over meanwhile is its to write.
    const wanted = Math.min(count, this.#part.rest);
    this.#filled += wanted;
    this.#part.came(wanted, performance.now());
    if (this.#filled === this.#buffer.byteLength || this.#part.rest === 0) this.flush();
    return this.#part.rest > 0;
  }

  /** Writes what has come; also after a failure, since it need not come again. */
  flush(): void {
    if (this.#filled === 0) return;
    const bytes = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    this.#write(bytes, this.#part.at - bytes.byteLength);
  }
}
