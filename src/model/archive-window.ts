import { closeSync, openSync, readSync, writeSync } from "node:fs";

/** Read at a time: stays in the processor's cache until it is written, and holds many small members. */
const windowBytes = 256 * 1024;

/** Bytes of an archive: offset and length. */
export interface Stretch {
  readonly offset: number;
  readonly size: number;
}

/** An archive on disk that is copied out of from its start to its end, with gaps. */
export class ArchiveWindow {
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafeSlow(windowBytes);
  #start = 0;
  #end = 0;

  constructor(location: string) {
    this.#file = openSync(location, "r");
  }

  /**
   * Writes a member to a file.
   *
   * @param until - where the last one ends that will be asked for: nothing is read beyond it.
   */
  copy({ offset, size }: Stretch, file: number, until = offset + size): void {
    for (let at = offset; at < offset + size; ) {
      if (at < this.#start || at >= this.#end) this.#fill(at, until);
      const count = Math.min(this.#end, offset + size) - at;
      at += writeSync(file, this.#buffer, at - this.#start, count);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #fill(at: number, until: number): void {
    const count = readSync(this.#file, this.#buffer, 0, Math.min(windowBytes, until - at), at);
    if (count === 0) throw new Error("the archive became shorter while it was read");
    [this.#start, this.#end] = [at, at + count];
  }
}
