import { parentPort } from "node:worker_threads";
import { stopShares, writeShares } from "./member-shares.ts";
import type { RestoreAnswer, RestoreJob } from "./restore-job.ts";

parentPort?.on("message", ({ shares, answerTo }: RestoreJob) => {
  const answer = (message: RestoreAnswer) => answerTo.postMessage(message);
  try {
    for (const share of writeShares(shares, "last")) answer({ share });
    answer({ isDone: true });
  } catch (error) {
    stopShares(shares);
    const { code = "", message } = error as NodeJS.ErrnoException;
    answer({ failed: { code, message } });
  }
  answerTo.close();
});
