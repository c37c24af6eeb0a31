import type { Bench } from "./bench.ts";
import { startCountingProxy, type Wire } from "./counting-proxy.ts";
import { type Command, type Measurement, measure, type OwnWork } from "./measure.ts";
import type { Server } from "./server.ts";

/** `limit`: does only what no program could leave out, such as moving the bytes without hashing them. */
export type Role = "mreg" | "peer" | "limit";

/** One program doing the job: measured command, and what happens around it off the clock. */
export interface Contender {
  readonly command: Command | OwnWork;
  /** Brings the world into the state the job starts from. */
  prepare?(): Promise<void>;
  /** Looks at the bytes that arrived. @throws Error when they are not those that were sent. */
  check?(): Promise<void>;
}

export interface Sample extends Measurement {
  /** What the registry used meanwhile, where the system tells. */
  readonly serverCpuSeconds?: number;
}

/** What came of one contender. */
export interface Outcome {
  readonly name: string;
  readonly role: Role;
  readonly command?: Command | OwnWork;
  /** One per round, in order. */
  readonly samples: readonly Sample[];
  readonly wire?: Wire;
  /** Why there are no samples, or no more of them. */
  readonly failure?: string;
}

export interface Comparison {
  /** Bytes of the model: what CPU seconds per GiB are of. */
  readonly payloadBytes: number;
  readonly registry?: string;
  readonly outcomes: readonly Outcome[];
}

/** A contender that is made when its turn comes, for the given address of the registry. */
export interface Entry {
  readonly name: string;
  readonly role: Role;
  /** Rounds after which it has said enough. */
  readonly rounds?: number;
  /** Does not talk to the registry. */
  readonly isOffline?: boolean;
  make(host: string): Promise<Contender>;
}

export interface CompareOptions {
  readonly rounds: number;
  /** Rounds that do not count; 1 by default. */
  readonly warmUps?: number;
  /** The registry that takes part; its processor time is read, and the wire counted in one more run of each client. */
  readonly server?: Server;
  /** Where the clients go instead of straight to the server. */
  readonly host?: string;
  /** False: no run through the counting proxy. */
  readonly countWire?: boolean;
}

interface Lane {
  readonly entry: Entry;
  readonly samples: Sample[];
  contender?: Contender;
  wire?: Wire;
  failure?: string;
}

/**
 * Runs every contender once per round, in alternation, every second round backwards.
 *
 * What is compared later is one round with itself: a machine that slows down, slows both down. A contender that fails
 * leaves the race with its reason; the others go on.
 */
export async function compare(bench: Bench, entries: readonly Entry[], options: CompareOptions): Promise<Outcome[]> {
  const { server, warmUps = 1, countWire = true } = options;
  const host = options.host ?? server?.host ?? "";
  const lanes: Lane[] = entries.map((entry) => ({ entry, samples: [] }));
  const rounds = bench.rounds ?? options.rounds;
  for (let round = -warmUps; round < rounds; round++) {
    const running = lanes.filter(({ entry }) => round < (entry.rounds ?? rounds));
    for (const lane of round % 2 === 0 ? running : running.toReversed()) {
      await attempt(bench, lane, async () => {
        lane.contender ??= await lane.entry.make(host);
        const sample = await runOnce(bench, lane.contender, lane.entry.isOffline ? undefined : server);
        if (round >= 0) lane.samples.push(sample);
        bench.log(`  ${lane.entry.name} ${sample.wallSeconds.toFixed(3)} s${round < 0 ? " (warm-up)" : ""}`);
      });
    }
  }
  if (server && countWire) await countEach(bench, lanes, server);
  return lanes.map(({ entry: { name, role }, samples, contender, wire, failure }) => ({
    name,
    role,
    samples,
    ...(contender ? { command: contender.command } : {}),
    ...(wire ? { wire } : {}),
    ...(failure === undefined ? {} : { failure }),
  }));
}

async function runOnce(bench: Bench, contender: Contender, server: Server | undefined): Promise<Sample> {
  await contender.prepare?.();
  const before = await server?.cpuSeconds();
  const measured = await measure(bench, contender.command);
  const after = await server?.cpuSeconds();
  await contender.check?.();
  if (before === undefined || after === undefined) return measured;
  return { ...measured, serverCpuSeconds: after - before };
}

/** One run each through the counting proxy, off the clock: counting costs time. What limits move is known. */
async function countEach(bench: Bench, lanes: readonly Lane[], server: Server): Promise<void> {
  const proxy = await startCountingProxy(server.host, server.caFile !== undefined);
  try {
    for (const lane of lanes.filter(({ entry, failure }) => entry.role !== "limit" && failure === undefined)) {
      await attempt(bench, lane, async () => {
        const contender = await lane.entry.make(proxy.host);
        await contender.prepare?.();
        proxy.reset();
        await measure(bench, contender.command);
        lane.wire = proxy.counted();
      });
    }
  } finally {
    await proxy.close();
  }
}

async function attempt(bench: Bench, lane: Lane, action: () => Promise<void>): Promise<void> {
  if (lane.failure !== undefined) return;
  try {
    await action();
  } catch (error) {
    lane.failure = error instanceof Error ? error.message : String(error);
    bench.log(`  ${lane.entry.name} FAILED: ${lane.failure}`);
  }
}
