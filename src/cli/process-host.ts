import { fstatSync, writeSync } from "node:fs";
import type { Host } from "./host.ts";
import { type Output, PlainOutput } from "./output.ts";

/** This process, as the program sees it. */
export function processHost(): Host {
  return {
    env: process.env,
    pid: process.pid,
    cwd: () => process.cwd(),
    kill: (pid, signal) => process.kill(pid, signal),
    get stdin() {
      return process.stdin;
    },
    stdout: outputOf(1, () => process.stdout),
    stderr: outputOf(2, () => process.stderr),
    get exitCode() {
      return process.exitCode;
    },
    set exitCode(code) {
      process.exitCode = code;
    },
    on: (signal, listener) => process.on(signal, listener),
    off: (signal, listener) => process.off(signal, listener),
  };
}

/** A terminal is the stream itself, as is everything on Windows, where pipes are not written synchronously. */
function outputOf(fd: number, openStream: () => NodeJS.WriteStream): Output {
  if (process.platform === "win32" || fstatSync(fd).isCharacterDevice()) return openStream();
  return new PlainOutput({ writeSome: (bytes) => writeSync(fd, bytes), openStream });
}
