import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../../bin/mreg.js", import.meta.url));

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
    this.#env = { PATH: path, HOME: home, COSIGN_PASSWORD: "test", NO_COLOR: "1", CI: "true" };
  }

  /** The path of a file in it. */
  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  /** Runs `mreg` with these arguments. */
  mreg(args: readonly string[], options: RunOptions = {}): Promise<Run> {
    return this.#run(process.execPath, [bin, ...args], options);
  }

  /** Runs a line of shell in which `mreg` is a command. */
  shell(line: string, options: RunOptions = {}): Promise<Run> {
    return this.#run("/bin/sh", ["-c", line], options);
  }

  /** Starts `mreg` and hands over the process, for tests that interrupt it. */
  start(args: readonly string[], options: RunOptions = {}) {
    return spawn(process.execPath, [bin, ...args], { cwd: this.directory, env: { ...this.#env, ...options.env } });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #run(file: string, args: readonly string[], options: RunOptions): Promise<Run> {
    return new Promise((done) => {
      const child = execFile(
        file,
        args,
        { cwd: this.directory, env: { ...this.#env, ...options.env }, maxBuffer: 64 * 1024 * 1024 },
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
