import { open } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { ContentError, type ContentErrorCode } from "../base/errors.ts";
import { hashFile } from "../base/file-digest.ts";
import { checkUnwritten, fileIdentity } from "./file-identity.ts";
import { type FileHash, hashBufferBytes, hashFileSync } from "./hash-file.ts";
import type { HashAnswer, HashJob } from "./hash-worker.ts";
import { PieceHasher, type Split } from "./pieces/index.ts";
import { Tee } from "./tee.ts";

/**
 * Read without letting anything else run: less than the event loop's own turns for each step of an asynchronous read.
 */
const syncLimitBytes = 1024 * 1024;

/** Longest time for which small files alone are hashed. */
const breathMs = 20;

/** Below this, one thread hashes a file faster than another one starts: 10 ms against the 20 to 50 of a worker. */
const workerFileBytes = 16 * 1024 * 1024;

/** Files that a worker may be started for must hold this much together: some 40 ms of hashing. */
const workerTotalBytes = 64 * 1024 * 1024;

/** More workers than this read faster than disks, and each takes 8 MiB. */
const workerLimit = 4;

export interface HashRequest {
  readonly location: string;
  /** Bytes, as far as is known: it only chooses the way. */
  readonly size: number;
  /** Cuts the file into pieces in the same read. */
  readonly split?: Split | undefined;
  /** Descriptor of a file that the bytes are written to in the same pass. It stays shorter when that fails. */
  readonly copyTo?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told about bytes hashed since the last call. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/** Hashes files in threads of their own, where that is worth one; they are started when they are first needed. */
export class HashPool {
  readonly #limit: number;
  readonly #idle: Lane[] = [];
  readonly #lanes = new Set<Lane>();
  readonly #waiting: ((lane: Lane) => void)[] = [];
  #buffer: Buffer | undefined;
  #breathedMs = 0;

  /** @param options - `workers`: threads beside the one that calls; 0 hashes everything in that. */
  constructor({ workers }: { readonly workers: number }) {
    this.#limit = workers;
  }

  /** How many threads files of these sizes are worth on a machine of so many cores. */
  static workersFor(sizes: readonly number[], cores: number = availableParallelism()): number {
    const large = sizes.filter((size) => size >= workerFileBytes);
    const bytes = large.reduce((sum, size) => sum + size, 0);
    // One core is for the thread that calls, which has files to send meanwhile.
    return cores < 2 || bytes < workerTotalBytes ? 0 : Math.min(cores - 1, large.length, workerLimit);
  }

  /**
   * Computes digest and length of a file, and its pieces on request.
   *
   * @throws {@link ContentError} when the file is written while it is read; the file system's error when it cannot be
   * read; the signal's reason.
   */
  async hash(request: HashRequest): Promise<FileHash> {
    const { location, size, split, copyTo, signal, onBytes } = request;
    signal?.throwIfAborted();
    if (size <= syncLimitBytes) {
      await this.#breathe();
      this.#buffer ??= Buffer.allocUnsafeSlow(hashBufferBytes);
      return hashFileSync(location, { split, copyTo, buffer: this.#buffer, onBytes });
    }
    if (this.#limit === 0 || size < workerFileBytes) return hashHere(request);
    const lane = await this.#take();
    try {
      return await lane.hash(request);
    } finally {
      this.#release(lane);
    }
  }

  /** Ends the threads, also in the middle of a file. */
  async close(): Promise<void> {
    await Promise.all([...this.#lanes].map((lane) => lane.end()));
    this.#lanes.clear();
    this.#idle.length = 0;
  }

  /** Small files come by the thousand; timers, sockets and Ctrl-C must have their turn among them. */
  async #breathe(): Promise<void> {
    if (performance.now() - this.#breathedMs < breathMs) return;
    await setImmediate();
    this.#breathedMs = performance.now();
  }

  async #take(): Promise<Lane> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#lanes.size >= this.#limit) return new Promise((resolve) => this.#waiting.push(resolve));
    const lane = new Lane();
    this.#lanes.add(lane);
    return lane;
  }

  #release(lane: Lane): void {
    const next = this.#waiting.shift();
    if (lane.isDead) {
      this.#lanes.delete(lane);
      if (next) void this.#take().then(next);
    } else if (next) next(lane);
    else this.#idle.push(lane);
  }
}

async function hashHere({ location, size, split, copyTo, signal, onBytes }: HashRequest): Promise<FileHash> {
  const file = await open(location, "r");
  try {
    const before = fileIdentity(await file.stat({ bigint: true }));
    const pieces = split && new PieceHasher(split);
    const copy = copyTo === undefined ? undefined : new Tee(copyTo);
    const onChunk = (chunk: Uint8Array) => {
      pieces?.update(chunk);
      copy?.write(chunk);
    };
    const content = await hashFile(file, size, { signal, onBytes, onChunk });
    checkUnwritten(before, fileIdentity(await file.stat({ bigint: true })));
    return { ...content, identity: before, ...(pieces ? { pieces: pieces.end() } : {}) };
  } finally {
    await file.close();
  }
}

/** From sources in the tests, from JavaScript everywhere else: nothing rewrites the extension in a URL. */
const script = new URL(import.meta.url.endsWith(".ts") ? "./hash-worker.ts" : "./hash-worker.js", import.meta.url);

/** A worker makes little garbage; without limits its heap would grow as if it had the machine to itself. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 512 };

/** One worker, which does one file at a time. */
class Lane {
  readonly #worker = new Worker(script, { resourceLimits });
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  #isDead = false;

  get isDead(): boolean {
    return this.#isDead;
  }

  hash({ location, split, copyTo, signal, onBytes }: HashRequest): Promise<FileHash> {
    Atomics.store(this.#stop, 0, 0);
    const worker = this.#worker;
    worker.ref();
    return new Promise<FileHash>((resolve, reject) => {
      let failure: { readonly error: unknown } | undefined;
      const settle = (finish: () => void) => {
        worker.off("message", answered).off("error", died).off("exit", exited);
        signal?.removeEventListener("abort", abort);
        // A pool that nobody closes must not keep the process alive.
        worker.unref();
        finish();
      };
      const stopFor = (error: unknown) => {
        failure ??= { error };
        Atomics.store(this.#stop, 0, 1);
      };
      const abort = () => stopFor(signal?.reason);
      const fail = (error: unknown) => settle(() => reject(failure ? failure.error : error));
      const died = (error: unknown) => {
        this.#isDead = true;
        fail(error);
      };
      const exited = () => died(new Error(`the thread that hashed ${location} ended`));
      const answered = (answer: HashAnswer) => {
        if ("hashed" in answer) return settle(() => (failure ? reject(failure.error) : resolve(answer.hashed)));
        if ("failed" in answer) return fail(thrown(answer.failed));
        try {
          onBytes?.(answer.bytes);
        } catch (error) {
          stopFor(error);
        }
      };
      worker.on("message", answered).on("error", died).on("exit", exited);
      signal?.addEventListener("abort", abort, { once: true });
      const job: HashJob = { location, split, copyTo, stop: this.#stop };
      worker.postMessage(job);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

function thrown({ isContent, code, message }: Extract<HashAnswer, { failed: unknown }>["failed"]): Error {
  if (isContent) return new ContentError(code as ContentErrorCode, message);
  return Object.assign(new Error(message), { code });
}
