import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RemoteOptions, RemoteRegistry } from "../../src/stores/remote/index.ts";
import {
  type Front,
  type Intercept,
  type OnConnection,
  type RawServer,
  startFront,
  startRawServer,
} from "../support/faults/index.ts";
import { type RegistryOptions, type RunningRegistry, startRegistry } from "../support/registry/index.ts";

/** The user of every registry in the suite. Its password must never be seen again. */
export const robot = { username: "robot", password: "pw-7f3a-s3cret" };

/** As many attempts as anybody gets, with short waits between them. No timeout hits by accident on a busy machine. */
const hasty = {
  timeouts: { connectMs: 60_000, responseMs: 60_000, stallMs: 60_000, commitMsPerGibibyte: 0 },
  retry: { minDelayMs: 1, maxDelayMs: 4, retryAfterLimitMs: 2_000 },
} satisfies Partial<RemoteOptions>;

/** For cases that are about silence. */
export const impatient = {
  timeouts: { connectMs: 1_000, responseMs: 1_000, stallMs: 1_000 },
} satisfies Partial<RemoteOptions>;

/** Everything that one case needs, and all that is to be looked at when it is over. */
export class World {
  /** What mreg told its user on the way: warnings and events. */
  readonly said: string[] = [];
  /** Texts that may appear in no message. */
  readonly secrets = new Set([robot.password, Buffer.from(`${robot.username}:${robot.password}`).toString("base64")]);
  readonly #endings: (() => Promise<unknown>)[] = [];
  readonly #checks: ((outcome: string) => Promise<void> | void)[] = [];
  readonly #counters: (() => number)[] = [];

  /** Requests, or connections of servers that speak no HTTP, so far. */
  get requests(): number {
    return this.#counters.reduce((sum, count) => sum + count(), 0);
  }

  /** Registers what must be true when the case has ended, whatever its outcome. */
  afterwards(check: (outcome: string) => Promise<void> | void): void {
    this.#checks.push(check);
  }

  /** Starts a registry that knows {@link robot} and nobody else, unless the options say otherwise. */
  async registry(options: RegistryOptions = {}): Promise<RunningRegistry> {
    const server = await startRegistry({ auth: { kind: "basic", ...robot }, ...options });
    this.#endings.push(() => server.close());
    this.#counters.push(() => server.requests.length);
    return server;
  }

  /** Stands in front of a registry, whose own requests then do not count a second time. */
  async front(
    upstream: RunningRegistry | undefined,
    intercept: Intercept,
    options: { tls?: boolean } = {},
  ): Promise<Front> {
    const front = await startFront(upstream?.host, intercept, options);
    this.#endings.push(() => front.close());
    this.#counters.push(() => front.requests.length - (upstream?.requests.length ?? 0));
    return front;
  }

  /** Starts a server of bytes; every connection counts as a request. */
  async rawServer(onConnection: OnConnection, options: { tls?: boolean } = {}): Promise<RawServer> {
    const server = await startRawServer(onConnection, options);
    this.#endings.push(() => server.close());
    this.#counters.push(() => server.connections);
    return server;
  }

  /** mreg's client of a registry. */
  connect(host: string, options: Partial<RemoteOptions> = {}): RemoteRegistry {
    const registry = new RemoteRegistry({
      host,
      credentials: async () => robot,
      onWarning: (text) => this.said.push(text),
      onEvent: (event) => this.said.push(JSON.stringify(event)),
      ...options,
      timeouts: { ...hasty.timeouts, ...options.timeouts },
      retry: { ...hasty.retry, ...options.retry },
    });
    this.#endings.push(() => registry.close());
    return registry;
  }

  /** A new empty directory. */
  async directory(): Promise<string> {
    const directory = await realpath(await mkdtemp(join(tmpdir(), "mreg-fault-")));
    this.#endings.push(() => rm(directory, { recursive: true, force: true }));
    return directory;
  }

  /** Something to be done when the case is over; the last comes first. */
  finally(ending: () => Promise<unknown>): void {
    this.#endings.push(ending);
  }

  async check(outcome: string): Promise<void> {
    for (const check of this.#checks) await check(outcome);
  }

  async close(): Promise<void> {
    for (const ending of this.#endings.reverse()) await ending();
  }
}
