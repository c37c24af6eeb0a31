import { writeSync } from "node:fs";

/** Writes what passes by into an open file, until that fails: the file is shorter than the rest then. */
export class Tee {
  readonly #file: number;
  #isBroken = false;

  constructor(file: number) {
    this.#file = file;
  }

  write(bytes: Uint8Array): void {
    if (this.#isBroken) return;
    try {
      for (let at = 0; at < bytes.byteLength; ) at += writeSync(this.#file, bytes, at, bytes.byteLength - at);
    } catch {
      // A full disk must not end the hash, which is wanted in any case; whoever keeps the file looks at its length.
      this.#isBroken = true;
    }
  }
}
