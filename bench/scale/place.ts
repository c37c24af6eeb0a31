import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { type RunningRegistry, startRegistry } from "../../test/support/registry/index.ts";

const bin = fileURLToPath(new URL("../../bin/mreg.js", import.meta.url));
/**
 * Given to a measured program by `--import`: copies at its end what Linux says of its memory. The kernel's other
 * answer, getrusage, counts what the parent had when it forked. JavaScript, so that no compiler is loaded for it.
 */
const exitUsage = `data:text/javascript,${encodeURIComponent(`import { readFileSync, writeFileSync } from "node:fs";
process.on("exit", () => writeFileSync(process.env.EXIT_USAGE, readFileSync("/proc/self/status")));`)}`;

/** What one operation took. */
export interface Cost {
  readonly requests: number;
  /** Bytes of bodies, both ways. */
  readonly bytes: number;
  readonly seconds: number;
  /** Absent for what this process does itself. */
  readonly peakRssBytes?: number;
}

/** An empty in-process registry, and a directory to work in. */
export class Place {
  readonly directory: string;
  readonly server: RunningRegistry;
  readonly registry: RemoteRegistry;

  private constructor(server: RunningRegistry) {
    this.server = server;
    this.registry = new RemoteRegistry({ host: server.host });
    this.directory = mkdtempSync(join(tmpdir(), "mreg-scale-"));
  }

  static async open(): Promise<Place> {
    return new Place(await startRegistry());
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, content: Uint8Array | string): void {
    writeFileSync(this.path(name), content);
  }

  /** Lets mreg's user begin anew: what was verified is not remembered. */
  forgetHeads(): void {
    rmSync(this.path(".local/state"), { recursive: true, force: true });
  }

  /** Runs the built mreg against the registry, or against the store `location` names. @throws when it fails. */
  async mreg(line: string, location = this.server.host): Promise<Cost> {
    const usage = this.path("usage.json");
    const env = { PATH: process.env["PATH"], HOME: this.directory, EXIT_USAGE: usage, CI: "true", NO_COLOR: "1" };
    const args = ["--import", exitUsage, bin, "--registry", location, ...line.split(" ")];
    const cost = await this.#counted(
      () =>
        new Promise<void>((done, fail) => {
          execFile(process.execPath, args, { cwd: this.directory, env, maxBuffer: 1 << 28 }, (error, _out, stderr) => {
            if (error) fail(new Error(`mreg ${line}: ${stderr}`, { cause: error }));
            else done();
          });
        }),
    );
    const [, kibibytes] = /^VmHWM:\s*([0-9]+) kB$/m.exec(readFileSync(usage, "utf8")) ?? [];
    return { ...cost, peakRssBytes: Number(kibibytes) * 1024 };
  }

  /** Does something with the library, in this process. */
  run(work: () => Promise<unknown>): Promise<Cost> {
    return this.#counted(work);
  }

  async close(): Promise<void> {
    await this.registry.close();
    await this.server.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #counted(work: () => Promise<unknown>): Promise<Cost> {
    const before = { requests: this.server.requests.length, bytes: this.server.bytesSent() };
    const started = performance.now();
    await work();
    const seconds = (performance.now() - started) / 1000;
    const requests = this.server.requests.slice(before.requests);
    const sent = requests.reduce((sum, { headers }) => sum + Number(headers["content-length"] ?? 0), 0);
    return { requests: requests.length, bytes: sent + this.server.bytesSent() - before.bytes, seconds };
  }
}
