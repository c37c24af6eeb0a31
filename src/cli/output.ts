/** Where a command prints: what it uses of a stream of the process. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(chunk: Uint8Array | string, done?: (error?: Error | null) => void): unknown;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** How a file or a pipe is written; tests stand in for it. */
export interface OutputParts {
  /** Writes some of the bytes at once, and returns how many. */
  readonly writeSome: (bytes: Uint8Array) => number;
  /** The same output as a stream, which takes what cannot be written at once. */
  readonly openStream: () => Output;
}

/**
 * A file or a pipe, written without a stream: making one takes Node a third of the time that `mreg list` has, and it
 * would write to these just as synchronously.
 */
export class PlainOutput implements Output {
  readonly isTTY = false;
  readonly #parts: OutputParts;
  readonly #listeners: ((error: NodeJS.ErrnoException) => void)[] = [];
  #stream: Output | undefined;

  constructor(parts: OutputParts) {
    this.#parts = parts;
  }

  on(_event: "error", listener: (error: NodeJS.ErrnoException) => void): this {
    this.#listeners.push(listener);
    return this;
  }

  write(chunk: Uint8Array | string, done?: (error?: Error | null) => void): void {
    let rest = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    try {
      while (!this.#stream && rest.byteLength > 0) rest = rest.subarray(this.#parts.writeSome(rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") {
        this.#fail(error as NodeJS.ErrnoException, done);
        return;
      }
      // Somebody who shares the pipe wants it not to block, and its reader is slow.
      this.#stream = this.#open();
    }
    if (this.#stream) this.#stream.write(rest, done);
    else done?.();
  }

  #open(): Output {
    const stream = this.#parts.openStream();
    for (const listener of this.#listeners) stream.on("error", listener);
    return stream;
  }

  /** As a stream does it: who waits for the write is told, and who listens. */
  #fail(error: NodeJS.ErrnoException, done?: (error?: Error | null) => void): void {
    done?.(error);
    for (const listener of this.#listeners) listener(error);
  }
}
