import type { Bench } from "../bench.ts";
import type { ClientName } from "../clients.ts";
import { type Comparison, compare } from "../compare.ts";
import { hasher, plant, pulls, receiver } from "../entries.ts";
import { timeOf } from "../goals.ts";
import type { Job } from "../job.ts";
import { mebibyte, modelOf } from "../model-data.ts";
import { type ServerOptions, startServer } from "../server.ts";
import { type Shape, shape } from "../shaping.ts";

const limits =
  "Limits: `receiver` writes the bytes to files without hashing them, as curl would; `hasher` computes their SHA-256 and receives nothing.";

export const pull: Job = {
  name: "pull",
  title: "Pull, 1 GiB",
  about: `One file of weights from distribution over plain HTTP into a new directory. ${limits}`,
  goals: [timeOf("oras", 0.67)],
  isQuick: true,
  run: (bench) => race(bench, { names: ["mreg", "oras", "crane", "regctl", "modctl"] }),
};

export const pullTls: Job = {
  name: "pull-tls",
  title: "Pull over TLS, 1 GiB",
  about: `The same over TLS. ${limits}`,
  goals: [timeOf("oras", 0.9)],
  run: (bench) => race(bench, { names: ["mreg", "oras"], server: { tls: true }, rounds: 4 }),
};

export const pullDockerRegistry: Job = {
  name: "pull-docker-registry",
  title: "Pull from docker-registry, 1 GiB",
  about: `The same from the system's docker-registry, plain. ${limits}`,
  goals: [timeOf("oras", 0.67)],
  run: (bench) => race(bench, { names: ["mreg", "oras"], server: { name: "docker-registry" }, rounds: 3 }),
};

export const pullZot: Job = {
  name: "pull-zot",
  title: "Pull from zot, 1 GiB",
  about: `The same from zot, plain. Which zot it was stands at "Registry": 1.4.3 of 2022 where 2.1 cannot be built. ${limits}`,
  goals: [timeOf("oras", 0.67)],
  run: (bench) => race(bench, { names: ["mreg", "oras"], server: { name: "zot" }, rounds: 3 }),
};

export const pullShards: Job = {
  name: "pull-8-shards",
  title: "Pull, 8 shards",
  about: `Eight files of 128 MiB, plain. ${limits}`,
  goals: [timeOf("oras", 0.6)],
  isQuick: true,
  run: (bench) => race(bench, { names: ["mreg", "oras", "modctl"], shards: 8, bytesEach: 128 * mebibyte }),
};

const sixTimes = timeOf("oras", Number((1 / 6).toFixed(3)));
const shapedBy = "toxiproxy, in a process of its own, stands between client and registry";

export const pullCapped25: Job = {
  name: "pull-capped-25",
  title: "Pull under 25 MB/s per connection, 512 MiB",
  about: `Every connection is held to 25 MB/s, as object storage and gateways do: ${shapedBy}. The limit is a receiver with 16 ranges at a time that does not hash.`,
  goals: [sixTimes],
  run: (bench) => race(bench, { ...shaped, shape: { megabytesPerSecond: 25 }, bytesEach: 512 * mebibyte }),
};

export const pullCapped5: Job = {
  name: "pull-capped-5",
  title: "Pull under 5 MB/s per connection, 128 MiB",
  about: `Every connection is held to 5 MB/s: ${shapedBy}. The limit is a receiver with 16 ranges at a time that does not hash.`,
  goals: [sixTimes],
  run: (bench) => race(bench, { ...shaped, shape: { megabytesPerSecond: 5 }, bytesEach: 128 * mebibyte }),
};

export const pullLatency: Job = {
  name: "pull-latency",
  title: "Pull with 40 ms latency, 8 shards",
  about: `Everything from the registry comes 40 ms later, the TCP handshake excepted: ${shapedBy}. Eight files of 128 MiB. ${limits}`,
  goals: [],
  run: (bench) =>
    race(bench, { names: ["mreg", "oras"], shape: { latencyMs: 40 }, shards: 8, bytesEach: 128 * mebibyte, rounds: 3 }),
};

interface Race {
  readonly names: readonly ClientName[];
  readonly server?: ServerOptions;
  readonly shape?: Shape;
  readonly shards?: number;
  readonly bytesEach?: number;
  readonly rounds?: number;
  readonly warmUps?: number;
  readonly connections?: number;
}

/** What a proxy holds to a speed does not vary much, and takes long. */
const shaped: Race = { names: ["mreg", "oras"], rounds: 2, warmUps: 0, connections: 16 };

async function race(bench: Bench, options: Race): Promise<Comparison> {
  const { names, rounds = 5, warmUps = 1, connections = 1 } = options;
  const model = await modelOf(bench, options.shards ?? 1, options.bytesEach ?? 1024 * mebibyte);
  const server = await startServer(bench, options.server);
  const way = options.shape && (await shape(bench, server.host, options.shape));
  try {
    await plant(bench, server, model);
    const limits = [receiver(bench, server, model, { from: "mreg", connections }), hasher(bench, model)];
    const entries = [...pulls(bench, server, model, { names, from: "mreg" }), ...limits];
    const host = way ? { host: way.host } : {};
    const outcomes = await compare(bench, entries, { rounds, warmUps, server, ...host });
    return { payloadBytes: model.bytes, registry: server.name, outcomes };
  } finally {
    await way?.stop();
    await server.stop();
  }
}
