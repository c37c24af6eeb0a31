import { createRequire } from "node:module";
import { Readable, Writable } from "node:stream";
import type { Host } from "../../../src/cli/host.ts";
import type { Run } from "./workspace.ts";

/** What a command finds around it. */
export interface Surroundings {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input: string;
}

/** The built program, loaded by Node itself: once per test file, where a process would load it for each command. */
const load = (): typeof import("../../../src/cli/main.ts") =>
  createRequire(import.meta.url)("../../../dist/cli/main.js") as typeof import("../../../src/cli/main.ts");

/** Keeps what is written to it. */
class Printed extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs the built `mreg` in this process, with streams, environment and directory of its own. */
export async function runInProcess(args: readonly string[], { directory, env, input }: Surroundings): Promise<Run> {
  const [stdout, stderr] = [new Printed(), new Printed()];
  const host = {
    cwd: () => directory,
    env,
    stdin: Readable.from([Buffer.from(input)], { objectMode: false }),
    stdout,
    stderr,
    exitCode: undefined,
    on: () => {},
    off: () => {},
  };
  await load().main(args, host as unknown as Host);
  return { exitCode: (host.exitCode as number | undefined) ?? 0, stdout: stdout.text, stderr: stderr.text };
}
