import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, rmdir, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { lockStaleMs } from "./limits.ts";
import { FileLock, type HeldLock } from "./lock.ts";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mreg-lock-"));
  path = join(directory, "index.json");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test("run: one at a time, in the order they came, and nothing is left", async () => {
  const lock = new FileLock(path, 60_000);
  const events: string[] = [];
  const work = (name: string) => async () => {
    events.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    events.push(`${name} ends`);
    return name;
  };
  expect(await Promise.all([lock.run(work("a")), lock.run(work("b"))])).toEqual(["a", "b"]);
  expect(events).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  expect(await readdir(directory)).toEqual([]);
});

test("run: two locks on one path exclude each other", async () => {
  const [first, second] = [new FileLock(path, 60_000), new FileLock(path, 60_000)];
  let running = 0;
  const work = async () => {
    running += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(running).toBe(1);
    running -= 1;
  };
  await Promise.all([first, second, first, second].map((lock) => lock.run(work)));
});

test("run: work that fails lets the next one in", async () => {
  const lock = new FileLock(path, 60_000);
  const failing = lock.run(async () => {
    throw new Error("broken");
  });
  const next = lock.run(async () => "next");
  await expect(failing).rejects.toThrow("broken");
  expect(await next).toBe("next");
});

test("run: says LOCKED when another process does not let go, and does nothing", async () => {
  await mkdir(`${path}.lock`);
  let ran = false;
  await rejectsWith(
    new FileLock(path, 50).run(async () => {
      ran = true;
    }),
    "LOCKED",
  );
  expect(ran).toBe(false);
  expect(await readdir(directory)).toEqual(["index.json.lock"]);
});

test("run: takes over what a process that died has left", async () => {
  await mkdir(`${path}.lock`);
  await utimes(`${path}.lock`, 1, 1);
  expect(await new FileLock(path, 60_000).run(async () => "done")).toBe("done");
});

test.runIf(process.platform === "linux")("run: a killed holder's lock is taken over although it is fresh", async () => {
  const source = `import { FileLock } from ${JSON.stringify(import.meta.resolve("./lock.ts"))};
    const lock = new FileLock(${JSON.stringify(path)}, 60_000);
    await lock.run(() => new Promise(() => { console.log("held"); setInterval(() => {}, 1000); }));`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(holder.stdout, "data");
    await rejectsWith(
      new FileLock(path, 50).run(async () => "done"),
      "LOCKED",
    );
  } finally {
    holder.kill("SIGKILL");
  }
  await once(holder, "exit");
  const inAnHour = Date.now() / 1_000 + 3_600;
  await utimes(`${path}.lock`, inAnHour, inAnHour);
  expect(await new FileLock(path, 60_000).run(async () => "done")).toBe("done");
  expect(await readdir(directory)).toEqual([]);
});

test("run: an abort ends the wait with its reason", async () => {
  await mkdir(`${path}.lock`);
  const stop = new AbortController();
  const reason = new Error("enough");
  const waiting = new FileLock(path, 60_000).run(async () => {}, stop.signal);
  setImmediate(() => stop.abort(reason));
  await expect(waiting).rejects.toBe(reason);
});

test("run: a lock that somebody took away is noticed before anything final is done", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  try {
    await new FileLock(path, 60_000).run(async (held) => {
      held.check();
      await rmdir(`${path}.lock`);
      // The lock is renewed twice within the age at which others take it over; the loss shows then.
      await vi.advanceTimersByTimeAsync(lockStaleMs / 2);
      await vi.waitUntil(() => isLost(held), { timeout: 60_000, interval: 1 });
      await rejectsWith((async () => held.check())(), "LOCKED");
    });
  } finally {
    vi.useRealTimers();
  }
});

function isLost(held: HeldLock): boolean {
  try {
    held.check();
    return false;
  } catch {
    return true;
  }
}
