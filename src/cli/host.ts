import type { Output } from "./output.ts";

/**
 * All that the program takes from the process it runs in, so that something else can stand in for it: tests run many
 * commands in one process.
 */
export interface Host extends Pick<NodeJS.Process, "cwd" | "env" | "stdin" | "pid" | "kill"> {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Set when the program ends. */
  exitCode?: NodeJS.Process["exitCode"];
  on(signal: "SIGINT" | "SIGTERM", listener: (signal: "SIGINT" | "SIGTERM") => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: (signal: "SIGINT" | "SIGTERM") => void): unknown;
}
