import type { ByteRange } from "../../oci/content.ts";
import type { RegistryClient } from "./http/client.ts";

/** Times one download goes on after an interruption: every 300 MB of a 30 GB file; a byte per answer ends here. */
const resumeLimit = 100;
/**
 * Less than this is no progress: an answer that breaks off after a byte would otherwise be asked for a hundred times.
 */
const progressBytes = 64 * 1024;

/** Where an interrupted download goes on, and whether it does. */
export class Resumption {
  /** The next byte. */
  at: number;
  readonly #client: RegistryClient;
  readonly #end: number;
  readonly #signal: AbortSignal | undefined;
  #before: number;
  #stuck = 0;
  #resumed = 0;

  constructor(client: RegistryClient, { start, end }: ByteRange, signal: AbortSignal | undefined) {
    this.at = start;
    this.#client = client;
    this.#end = end;
    this.#signal = signal;
    this.#before = start;
  }

  /** Waits before the next attempt. @returns true when everything had arrived. @throws what is final. */
  async isComplete(error: unknown): Promise<boolean> {
    this.#stuck = this.at - this.#before >= progressBytes ? 0 : this.#stuck + 1;
    const isOver = this.#stuck > this.#client.retry.retries || this.#resumed++ >= resumeLimit;
    if (isOver || !this.#client.isRetryable(error, "GET")) throw error;
    if (this.at >= this.#end) return true;
    this.#before = this.at;
    await this.#client.retry.wait(this.#stuck, error, this.#signal);
    return false;
  }
}
