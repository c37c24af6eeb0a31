import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { Host } from "./host.ts";
import { main } from "./main.ts";

/** Calls the program, and presses Ctrl-C so often before it has been loaded. */
async function interrupted(presses: number) {
  const killed: unknown[] = [];
  const stderr = new PassThrough();
  const host = Object.assign(new EventEmitter(), {
    ...{ cwd: () => "/", env: {}, stdin: new PassThrough(), stdout: new PassThrough(), stderr },
    ...{ pid: 4711, kill: (...args: unknown[]) => killed.push(args), exitCode: undefined },
  });
  const end = main(["resolve", "127.0.0.1:1/risk:v1"], host as unknown as Host);
  for (let press = 0; press < presses; press++) host.emit("SIGINT", "SIGINT");
  const listening = host.listenerCount("SIGINT");
  await end;
  const left = host.listenerCount("SIGINT") + host.listenerCount("SIGTERM");
  return { killed, listening, left, exitCode: host.exitCode, printed: String(stderr.read()) };
}

test("Ctrl-C counts while the program is being loaded, and goes on being listened to: others who listen see that", async () => {
  const { printed, ...rest } = await interrupted(1);
  expect(rest).toEqual({ killed: [], listening: 1, left: 0, exitCode: 130 });
  expect(printed).toContain("[INTERRUPTED]");
});

test("a second Ctrl-C ends the process as it would without us", async () => {
  expect(await interrupted(2)).toMatchObject({ killed: [[4711, "SIGINT"]], listening: 0, left: 0 });
});

test("a reader that has read enough is no failure of ours; anything else that happens to a stream is", async () => {
  const stdout = new PassThrough();
  const host = {
    cwd: () => "/",
    env: {},
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    on() {},
    off() {},
  };
  await main(["--help"], host as unknown as Host);
  expect(stdout.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }))).toBe(true);
  expect(() => stdout.emit("error", new Error("disk"))).toThrow("disk");
});

test("zod compiles no schema of a command's", async () => {
  const { z } = await import("zod");
  expect(z.config().jitless).toBe(true);
});
