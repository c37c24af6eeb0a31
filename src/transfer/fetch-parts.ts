import { setTimeout as sleep } from "node:timers/promises";
import type { ByteRange, RangeReceiver } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { connectionLimit } from "./connections.ts";
import type { DownloadBudgets } from "./download-budgets.ts";
import { PartSink } from "./part-sink.ts";
import { type Part, PartQueue, partBytes } from "./parts.ts";

export interface FetchPartsRequest {
  readonly store: RangeReceiver;
  readonly target: Descriptor;
  /** In order. */
  readonly missing: readonly ByteRange[];
  readonly budgets: Pick<DownloadBudgets, "connections" | "buffers">;
  /** Takes bytes and where they belong. The memory is used again when it returns. */
  readonly write: (bytes: Uint8Array, start: number) => void;
  readonly signal: AbortSignal;
}

/**
 * How long a connection without work waits before it looks whether another one has become slow, in milliseconds; at
 * most: nobody waits once everything has arrived.
 */
const idleMs = 100;

/**
 * Fetches parts of a blob over several connections, more of them as long as that brings more.
 *
 * The first failure that is final ends it, after all connections have ended and what had come is written.
 */
export async function fetchParts(request: FetchPartsRequest): Promise<void> {
  const each = partBytes(request.target.size);
  const queue = new PartQueue(request.missing, each);
  const failure = new AbortController();
  const arrived = new AbortController();
  const signal = AbortSignal.any([request.signal, failure.signal]);
  const bytes = request.missing.reduce((sum, { start, end }) => sum + end - start, 0);
  const lanes = Math.min(connectionLimit, Math.ceil(bytes / each));
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      try {
        await new Lane(request, queue, { signal, arrived }).run();
      } catch (error) {
        failure.abort(error);
      }
    }),
  );
  signal.throwIfAborted();
}

class Lane {
  readonly #request: FetchPartsRequest;
  readonly #queue: PartQueue;
  readonly #signal: AbortSignal;
  /** Of all lanes: aborted by the one that brings the last bytes. */
  readonly #arrived: AbortController;

  constructor(
    request: FetchPartsRequest,
    queue: PartQueue,
    { signal, arrived }: { readonly signal: AbortSignal; readonly arrived: AbortController },
  ) {
    this.#request = request;
    this.#queue = queue;
    this.#signal = signal;
    this.#arrived = arrived;
  }

  async run(): Promise<void> {
    const { connections } = this.#request.budgets;
    while (!this.#queue.isDone) {
      await connections.acquire(this.#signal);
      let part: Part | undefined;
      try {
        part = this.#queue.take(performance.now(), !connections.isSaturated);
        if (part) await this.#fetch(part);
      } finally {
        connections.release();
      }
      if (!part && !this.#queue.isDone) await this.#wait();
    }
  }

  async #wait(): Promise<void> {
    const signal = AbortSignal.any([this.#signal, this.#arrived.signal]);
    await sleep(idleMs, undefined, { signal }).catch(() => {});
    this.#signal.throwIfAborted();
  }

  async #fetch(part: Part): Promise<void> {
    const { store, target, budgets, write } = this.#request;
    const { connections, buffers } = budgets;
    const buffer = buffers.take();
    const sink = new PartSink(part, buffer, (bytes, start) => {
      connections.received(bytes.byteLength);
      write(bytes, start);
    });
    const left = new AbortController();
    const signal = AbortSignal.any([this.#signal, part.controller.signal, left.signal]);
    const onBusy = () => {
      if (connections.refused()) left.abort();
    };
    try {
      await store.receive(target, { start: part.at, end: part.end }, sink, { signal, onBusy });
    } catch (error) {
      const isOurs = left.signal.aborted || part.controller.signal.aborted;
      if (!isOurs || this.#signal.aborted) throw error;
    } finally {
      sink.flush();
      buffers.give(buffer);
      this.#queue.end(part, performance.now());
      if (this.#queue.isDone) this.#arrived.abort();
    }
  }
}
