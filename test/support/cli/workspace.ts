import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInProcess } from "./in-process.ts";

const bin = fileURLToPath(new URL("../../../bin/mreg.js", import.meta.url));

/** Password of the keys that are made in a workspace. */
export const keyPassword = "test";

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

export interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WorkspaceOptions {
  /** A directory to start from a copy of. */
  readonly template?: string;
  /** Default: a new temporary one. */
  readonly directory?: string;
}

/** A directory with a home of its own, in which the built `mreg` runs as a user would run it. */
export class Workspace {
  readonly directory: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor({ template, directory }: WorkspaceOptions = {}) {
    this.directory = directory ?? mkdtempSync(join(tmpdir(), "mreg-e2e-"));
    if (template) cpSync(template, this.directory, { recursive: true });
    const home = join(this.directory, ".home");
    mkdirSync(home, { recursive: true });
    const path = `${this.#shimDirectory()}:${process.env["PATH"]}`;
    this.#env = { PATH: path, HOME: home, COSIGN_PASSWORD: keyPassword, NO_COLOR: "1", CI: "true" };
  }

  /** The path of a file in it. */
  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  /**
   * Runs `mreg` with these arguments, in this process: starting one takes longer than most commands. The levels that
   * are about processes have them started, by `MREG_TEST_PROCESSES`; others call {@link process}.
   */
  mreg(args: readonly string[], options: RunOptions = {}): Promise<Run> {
    if (process.env["MREG_TEST_PROCESSES"]) return this.process(args, options);
    const { directory } = this;
    return runInProcess(args, { directory, env: this.#environment(options), input: options.input ?? "" });
  }

  /** Runs `mreg` with these arguments as a process. */
  process(args: readonly string[], options: RunOptions = {}): Promise<Run> {
    return this.#run(process.execPath, [bin, ...args], options);
  }

  /** Runs a line of shell; where it is nothing but calls of `mreg`, without the shell. */
  async line(text: string, options: RunOptions = {}): Promise<Run> {
    const calls = text.split(" && ").map(readCall);
    if (!calls.every((call) => call !== undefined)) return this.shell(text, options);
    let run: Run = { exitCode: 0, stdout: "", stderr: "" };
    for (const { env, args } of calls) {
      run = await this.mreg(args, { ...options, env: { ...options.env, ...env } });
      if (run.exitCode !== 0) break;
    }
    return run;
  }

  /** Runs a line of shell in which `mreg` is a command. */
  shell(line: string, options: RunOptions = {}): Promise<Run> {
    return this.#run("/bin/sh", ["-c", line], options);
  }

  /** Starts `mreg` and hands over the process, for tests that interrupt it. */
  start(args: readonly string[], options: RunOptions = {}) {
    return spawn(process.execPath, [bin, ...args], { cwd: this.directory, env: this.#environment(options) });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #environment({ env }: RunOptions): NodeJS.ProcessEnv {
    return { ...this.#env, ...env };
  }

  #run(file: string, args: readonly string[], options: RunOptions): Promise<Run> {
    return new Promise((done) => {
      const child = execFile(
        file,
        args,
        { cwd: this.directory, env: this.#environment(options), maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => done({ exitCode: error ? (child.exitCode ?? null) : 0, stdout, stderr }),
      );
      // A program that ends without reading its input closes the pipe; that is its right.
      child.stdin?.on("error", () => {});
      child.stdin?.end(options.input ?? "");
    });
  }

  #shimDirectory(): string {
    const directory = join(this.directory, ".bin");
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "mreg"), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`, { mode: 0o755 });
    return directory;
  }
}

/** Reads `NAME=value mreg word 'a word' "a word"`; undefined for what only a shell understands. */
function readCall(text: string) {
  const words = [...text.matchAll(/(?:[^\s"'`$\\|&;<>()*?~#]|"[^"`$\\]*"|'[^']*')+|\S/g)].map(([word]) => word);
  if (words.some((word) => /^["'`$\\|&;<>()*?~#]$/.test(word))) return undefined;
  const plain = words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  const at = plain.indexOf("mreg");
  const settings = plain.slice(0, at).map((word) => /^(\w+)=(.*)$/.exec(word));
  if (at < 0 || settings.includes(null)) return undefined;
  return {
    env: Object.fromEntries(settings.map((match) => [match?.[1] ?? "", match?.[2] ?? ""])),
    args: plain.slice(at + 1),
  };
}
