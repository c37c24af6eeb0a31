/**
 * Gathered before they are written: TLS brings 16 KiB at a time, and the processor's cache holds no more
 * (docs/decisions/007).
 */
export const gatherBytes = 256 * 1024;

/**
 * Memory for what connections bring, handed on from one request to the next, also of another blob: what each blob had
 * for itself was let go of much later than it was used.
 */
export class GatherBuffers {
  readonly #spare: Buffer[] = [];

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(gatherBytes);
  }

  /** Takes one back that nobody uses any more. */
  give(buffer: Buffer): void {
    this.#spare.push(buffer);
  }
}
