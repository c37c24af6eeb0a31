import { availableParallelism } from "node:os";
import { MessageChannel, Worker } from "node:worker_threads";
import { type MemberShares, stopShares } from "./member-shares.ts";
import type { RestoreAnswer, RestoreJob } from "./restore-job.ts";

/** Archives shorter than this hold fewer files than are written while a thread starts: 50 ms, some 2,000. */
const archiveBytes = 8 * 1024 * 1024;
/** The same of files that are missing, when the thread has begun to start already. */
const files = 1_000;

/** It makes little garbage; without limits its heap would grow as if it had the machine to itself. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };

/** A thread that writes files of archives beside the one that calls. */
export class RestoreThread {
  #worker: Worker | undefined;

  /**
   * Starts it, if this archive is worth one: that takes a while, in which the archive is listed.
   *
   * @param size - in bytes.
   */
  start(size: number, cores: number = availableParallelism()): void {
    if (this.#worker || cores < 2 || size < archiveBytes) return;
    // From sources in the tests, from JavaScript everywhere else: nothing rewrites the extension in a URL.
    const name = import.meta.url.endsWith(".ts") ? "./restore-worker.ts" : "./restore-worker.js";
    this.#worker = new Worker(new URL(name, import.meta.url), { resourceLimits });
    // Whoever waits for shares keeps the process alive, and hears when the thread dies.
    this.#worker.unref();
    this.#worker.on("error", () => {});
  }

  /**
   * Writes shares from the last on, if it has been started and so many files are worth it.
   *
   * @param onShare - told when the files of a share are complete.
   * @throws the file system's error. Nobody takes more shares then.
   */
  async write(shares: MemberShares, onShare: (share: number) => void): Promise<void> {
    const worker = this.#worker;
    if (!worker || shares.sizes.length < files) return;
    const { port1: answers, port2: answerTo } = new MessageChannel();
    const ended = new Promise<void>((resolve, reject) => {
      let failure: { readonly error: unknown } | undefined;
      const fail = (error: unknown) => {
        failure ??= { error };
        stopShares(shares);
      };
      // Not before the thread has ended its share: nobody writes after a failure.
      const settle = () => (failure ? reject(failure.error) : resolve());
      answers.on("message", (answer: RestoreAnswer) => {
        if ("isDone" in answer) return settle();
        if ("failed" in answer) {
          fail(Object.assign(new Error(answer.failed.message), { code: answer.failed.code }));
          return settle();
        }
        try {
          onShare(answer.share);
        } catch (error) {
          fail(error);
        }
      });
      answers.once("close", () => {
        fail(new Error("the thread that wrote files ended"));
        settle();
      });
    });
    const job: RestoreJob = { shares, answerTo };
    worker.postMessage(job, [answerTo]);
    await ended;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }
}
