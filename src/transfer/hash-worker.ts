import { parentPort } from "node:worker_threads";
import { isMregError } from "../base/errors.ts";
import { type FileHash, hashBufferBytes, hashFileSync } from "./hash-file.ts";
import type { Split } from "./pieces/index.ts";

/** What a pool asks of a worker; it answers with any number of `bytes` and then one of the other two. */
export interface HashJob {
  readonly location: string;
  readonly split: Split | undefined;
  /** A descriptor is the same number in all threads. */
  readonly copyTo: number | undefined;
  /** One cell; other than 0 ends the job. A worker in the middle of a file sees no messages. */
  readonly stop: Int32Array;
}

export type HashAnswer =
  | { readonly bytes: number }
  | { readonly hashed: FileHash }
  /** Errors lose their class on the way between threads. */
  | { readonly failed: { readonly isContent: boolean; readonly code: string; readonly message: string } };

/** Told at a time: some 5 ms of hashing. To tell of each read costs both threads a twentieth of the hash. */
const tellBytes = 8 * hashBufferBytes;

const buffer = Buffer.allocUnsafeSlow(hashBufferBytes);

parentPort?.on("message", ({ location, split, copyTo, stop }: HashJob) => {
  const answer = (message: HashAnswer) => parentPort?.postMessage(message);
  let untold = 0;
  const tell = () => {
    if (untold > 0) answer({ bytes: untold });
    untold = 0;
  };
  try {
    const onBytes = (bytes: number) => {
      if (Atomics.load(stop, 0) !== 0) throw new Error("stopped");
      untold += bytes;
      if (untold >= tellBytes) tell();
    };
    const hashed = hashFileSync(location, { split, copyTo, buffer, onBytes });
    tell();
    answer({ hashed });
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    answer({ failed: { isContent: isMregError(error), code, message } });
  }
});
