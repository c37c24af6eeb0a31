import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setImmediate as turn } from "node:timers/promises";
import { MessageChannel, Worker } from "node:worker_threads";
import { type Digest, type DigestAlgorithm, digestAlgorithm, sealDigest } from "../base/digest.ts";
import { type FollowAnswer, type FollowJob, followStepBytes, followStop } from "./follow-job.ts";
import type { Journaled } from "./journal.ts";

/** Hashes a file while it is written, from its start, behind what has been written without a gap. */
export interface Follower {
  /** Told how many bytes from the start are written. Never less than before. */
  advance(frontier: number): void;
  /** The digest of the whole; call it when all is written. */
  end(): Promise<Digest>;
  /** Lets go of a file that will not be complete. */
  stop(): Promise<void>;
}

/** Below this a thread takes longer to start than the hash takes. */
const workerFileBytes = 64 * 1024 * 1024;
/** Each takes 8 MiB; more files than this are not written at a time. */
const workerLimit = 4;
/** A worker makes little garbage; without limits its heap would grow as if it had the machine to itself. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };
/** Hashed without letting anything else run: 2 ms. */
const inlineStepBytes = 4 * 1024 * 1024;
/** Read at a time; what was just written is in the processor's cache still. */
const readBytes = 256 * 1024;

/** Written between two wakings of a thread: each costs both threads more than a step of hashing, which is 0.5 ms. */
const tellBytes = 4 * followStepBytes;

/** A thread and how many files it follows. */
interface Thread {
  readonly worker: Worker;
  files: number;
}

/** Follows files: large ones in threads, each of which has several when there are more files than cores. */
export class FollowerPool {
  readonly #limit: number;
  readonly #threads = new Set<Thread>();

  /** @param workers - threads at most. Default: as many as are worth it here. */
  constructor(workers = availableParallelism() < 2 ? 0 : Math.min(availableParallelism(), workerLimit)) {
    this.#limit = workers;
  }

  follow(location: string, about: Journaled): Follower {
    if (about.size < workerFileBytes || this.#limit === 0) return new InlineFollower(location, about);
    const thread = this.#leastBusy();
    thread.files++;
    return new WorkerFollower(thread.worker, location, about, () => thread.files--);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
    this.#threads.clear();
  }

  #leastBusy(): Thread {
    const [least] = [...this.#threads].sort((a, b) => a.files - b.files);
    return least && (least.files === 0 || this.#threads.size >= this.#limit) ? least : this.#start();
  }

  #start(): Thread {
    // From sources in the tests, from JavaScript everywhere else: nothing rewrites the extension in a URL.
    const name = import.meta.url.endsWith(".ts") ? "./follower-worker.ts" : "./follower-worker.js";
    const thread = { worker: new Worker(new URL(name, import.meta.url), { resourceLimits }), files: 0 };
    this.#threads.add(thread);
    // Whoever waits for an answer keeps the process alive; a pool that nobody closes must not. A thread that dies
    // closes the channels of its files, and is said there to have ended.
    thread.worker.unref();
    thread.worker.on("error", () => {}).once("exit", () => this.#threads.delete(thread));
    return thread;
  }
}

class WorkerFollower implements Follower {
  readonly #frontier = new BigInt64Array(new SharedArrayBuffer(8));
  readonly #answer: Promise<FollowAnswer>;
  readonly #size: number;
  #told = 0;

  constructor(worker: Worker, location: string, about: Journaled, release: () => void) {
    const { port1: answers, port2: answerTo } = new MessageChannel();
    this.#answer = new Promise<FollowAnswer>((resolve, reject) => {
      answers.once("message", resolve);
      answers.once("close", () => {
        release();
        reject(new Error(`the thread that hashed ${location} ended`));
      });
    });
    // Whoever ends or stops it hears of a failure.
    this.#answer.catch(() => {});
    const { size, digest } = about;
    this.#size = size;
    const job: FollowJob = { location, size, algorithm: digestAlgorithm(digest), frontier: this.#frontier, answerTo };
    worker.postMessage(job, [answerTo]);
  }

  advance(frontier: number): void {
    if (frontier < this.#size && frontier - this.#told < tellBytes) return;
    this.#told = frontier;
    this.#tell(BigInt(frontier));
  }

  async end(): Promise<Digest> {
    const answer = await this.#answer;
    if ("digest" in answer) return answer.digest;
    const { code, message } = "failed" in answer ? answer.failed : { code: "", message: "stopped" };
    throw Object.assign(new Error(message), { code });
  }

  async stop(): Promise<void> {
    this.#tell(followStop);
    await this.#answer.catch(() => {});
  }

  #tell(value: bigint): void {
    Atomics.store(this.#frontier, 0, value);
    Atomics.notify(this.#frontier, 0);
  }
}

/** In the caller's own thread, in small steps. */
class InlineFollower implements Follower {
  readonly #file: number;
  readonly #size: number;
  readonly #algorithm: DigestAlgorithm;
  readonly #hash;
  readonly #buffer: Buffer;
  #at = 0;

  constructor(location: string, { size, digest }: Journaled) {
    this.#file = openSync(location, "r");
    this.#size = size;
    this.#algorithm = digestAlgorithm(digest);
    this.#hash = createHash(this.#algorithm);
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(size, readBytes)));
  }

  advance(frontier: number): void {
    const end = Math.min(frontier, this.#at + inlineStepBytes);
    while (this.#at < end) {
      const count = readSync(this.#file, this.#buffer, 0, Math.min(this.#buffer.length, end - this.#at), this.#at);
      if (count === 0) throw new Error("the file became shorter while it was written");
      this.#hash.update(this.#buffer.subarray(0, count));
      this.#at += count;
    }
  }

  async end(): Promise<Digest> {
    while (this.#at < this.#size) {
      this.advance(this.#size);
      await turn();
    }
    closeSync(this.#file);
    return sealDigest(this.#algorithm, this.#hash);
  }

  async stop(): Promise<void> {
    closeSync(this.#file);
  }
}
