import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { TransferEvent } from "../../base/events.ts";
import { Progress } from "./progress.ts";

/** Plays events at given times without a terminal, and returns what was printed. */
function play(...events: readonly (readonly [atMs: number, event: TransferEvent])[]): string {
  let now = 0;
  const stderr = new PassThrough();
  const progress = new Progress({ stderr: stderr, isTerminal: false, now: () => now });
  for (const [atMs, event] of events) {
    now = atMs;
    progress.listen(event);
  }
  return String(stderr.read() ?? "");
}

const begin: TransferEvent = { type: "begin", phase: "push", files: 2, bytes: 4096 };
const bytes = (count: number): TransferEvent => ({ type: "bytes", phase: "push", path: "w.bin", bytes: count });

describe("progress without a terminal", () => {
  it("stays silent when the work is short", () => {
    expect(play([0, begin], [100, bytes(1024)], [200, { type: "end", phase: "push" }])).toBe("");
  });

  it("prints a line now and then, with bytes, rate, time left and retries", () => {
    const retry: TransferEvent = { type: "retry", subject: "w.bin", attempt: 1, reason: "reset" };
    expect(play([0, begin], [1000, retry], [6000, bytes(2048)], [6100, bytes(1)])).toBe(
      "pushing 0 of 2 files, 2.0 KiB of 4.0 KiB, 341 B/s, 6 s left, 1 retry  w.bin\n",
    );
  });

  it("tells hashing and sending apart when they go on at the same time", () => {
    const hashing: TransferEvent = { type: "begin", phase: "hash", files: 1, bytes: 2048 };
    const hashed: TransferEvent = { type: "bytes", phase: "hash", path: "w.bin", bytes: 1024 };
    expect(play([0, hashing], [0, begin], [1000, hashed], [6000, bytes(1)])).toBe(
      "hashing 0 of 1 file, 1.0 KiB of 2.0 KiB, 171 B/s, 6 s left; " +
        "pushing 0 of 2 files, 1 B of 4.0 KiB, 0 B/s, 24570 s left  w.bin\n",
    );
  });

  it("says at once that the registry asks for a long pause, and for how long, and no longer when it is over", () => {
    const wait: TransferEvent = { type: "wait", subject: "PUT x", cause: "registry", waitMs: 30_000 };
    expect(play([0, begin], [10, wait])).toContain("waiting 30 s as the registry asks");
    const over: TransferEvent = { type: "resume", subject: "PUT x" };
    expect(play([0, begin], [10, { ...wait, waitMs: 10 }], [20, over], [6000, bytes(1)])).not.toContain("waiting");
  });

  it("takes in work that is found on the way", () => {
    const more: TransferEvent = { type: "more", phase: "copy", files: 3, bytes: 4096 };
    const line = play([0, { type: "begin", phase: "copy", files: 0, bytes: 0 }], [10, more], [6000, more]);
    expect(line).toContain("copying 0 of 6 files, 0 B of 8.0 KiB");
  });

  it("counts files that are done", () => {
    const done: TransferEvent = { type: "file", phase: "push", path: "w.bin", outcome: "done" };
    expect(play([0, begin], [6000, done])).toContain("pushing 1 of 2 files");
  });
});
