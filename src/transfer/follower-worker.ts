import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { type Digest, sealDigest } from "../base/digest.ts";
import { type FollowAnswer, type FollowJob, followStepBytes, followStop } from "./follow-job.ts";

/** Somebody who forgets to wake the thread costs it this much, in milliseconds. */
const waitLimitMs = 1_000;

const buffer = Buffer.allocUnsafeSlow(followStepBytes);

parentPort?.on("message", (job: FollowJob) => void reply(job));

async function reply(job: FollowJob): Promise<void> {
  let file: number | undefined;
  try {
    file = openSync(job.location, "r");
    const digest = await follow(file, job);
    send(job, digest ? { digest } : { stopped: true });
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    send(job, { failed: { code, message } });
  } finally {
    // Not before the answer: the system takes a while to let go of a gigabyte.
    if (file !== undefined) closeSync(file);
  }
}

function send({ answerTo }: FollowJob, answer: FollowAnswer): void {
  answerTo.postMessage(answer);
  answerTo.close();
}

/** Waits without holding up the other files of this thread; they share the buffer, which is used up within a step. */
async function follow(file: number, { size, algorithm, frontier }: FollowJob): Promise<Digest | undefined> {
  const hash = createHash(algorithm);
  for (let at = 0; at < size; ) {
    const written = Atomics.load(frontier, 0);
    if (written === followStop) return undefined;
    const ahead = Number(written) - at;
    if (ahead < followStepBytes && Number(written) < size) {
      await Atomics.waitAsync(frontier, 0, written, waitLimitMs).value;
      continue;
    }
    const count = readSync(file, buffer, 0, Math.min(followStepBytes, ahead), at);
    if (count === 0) throw new Error("the file became shorter while it was written");
    hash.update(buffer.subarray(0, count));
    at += count;
  }
  return sealDigest(algorithm, hash);
}
