import type { Bench } from "../bench.ts";
import type { ClientName } from "../clients.ts";
import { type Comparison, compare } from "../compare.ts";
import { firstPushes, hasher, sender } from "../entries.ts";
import { either, timeOf } from "../goals.ts";
import type { Job } from "../job.ts";
import { mebibyte, modelOf } from "../model-data.ts";
import { type ServerOptions, startServer } from "../server.ts";

const goals = [either(timeOf("oras", 0.67), timeOf("sender", 1.1))];
const limits =
  "Limits: `sender` uploads the bytes without hashing them, over the same registry; `hasher` computes their SHA-256 and sends nothing.";

/** All clients, one file of 1 GiB. */
export const firstPush: Job = {
  name: "first-push",
  title: "First push, 1 GiB",
  about: `One file of weights to an empty distribution over plain HTTP; no client has seen the file before. ${limits}`,
  goals,
  isQuick: true,
  run: (bench) => race(bench, { names: ["mreg", "oras", "crane", "regctl", "modctl", "kit"] }),
};

export const firstPushTls: Job = {
  name: "first-push-tls",
  title: "First push over TLS, 1 GiB",
  about: `The same over TLS. The Go clients speak HTTP/2 there. ${limits}`,
  goals,
  run: (bench) => race(bench, { names: ["mreg", "oras", "crane"], server: { tls: true }, rounds: 4 }),
};

export const firstPushDockerRegistry: Job = {
  name: "first-push-docker-registry",
  title: "First push to docker-registry, 1 GiB",
  about: `The same to the system's docker-registry. Version 2.8.2 of Debian is built with Go 1.19, which hashes without SHA-NI: the registry is the bound there. ${limits}`,
  goals,
  run: (bench) => race(bench, { names: ["mreg", "oras"], server: { name: "docker-registry" }, rounds: 3 }),
};

export const firstPushZot: Job = {
  name: "first-push-zot",
  title: "First push to zot, 1 GiB",
  about: `The same to zot without deduplication. Which zot it was stands at "Registry": 1.4.3 of 2022 where 2.1 cannot be built. ${limits}`,
  goals,
  run: (bench) => race(bench, { names: ["mreg", "oras"], server: { name: "zot" }, rounds: 3 }),
};

export const pushTwoFiles: Job = {
  name: "push-two-files",
  title: "First push, two files of 1 GiB",
  about: `Two files, 2 GiB together: what one core hashes while the other sends. ${limits}`,
  goals,
  run: (bench) => race(bench, { names: ["mreg", "oras"], shards: 2, rounds: 3, warmUps: 0 }),
};

export const pushShards: Job = {
  name: "push-8-shards",
  title: "First push, 8 shards",
  about: `Eight files of 128 MiB. ${limits}`,
  goals: [timeOf("oras", 0.6)],
  isQuick: true,
  run: (bench) => race(bench, { names: ["mreg", "oras", "crane", "modctl"], shards: 8, bytesEach: 128 * mebibyte }),
};

interface Race {
  readonly names: readonly ClientName[];
  readonly server?: ServerOptions;
  readonly shards?: number;
  readonly bytesEach?: number;
  readonly rounds?: number;
  readonly warmUps?: number;
}

async function race(bench: Bench, options: Race): Promise<Comparison> {
  const { rounds = 5, warmUps = 1 } = options;
  const model = await modelOf(bench, options.shards ?? 1, options.bytesEach ?? 1024 * mebibyte);
  const server = await startServer(bench, options.server);
  try {
    const limits = [sender(bench, server, model), hasher(bench, model)];
    const entries = [...firstPushes(bench, server, model, options.names), ...limits];
    const outcomes = await compare(bench, entries, { rounds, warmUps, server });
    return { payloadBytes: model.bytes, registry: server.name, outcomes };
  } finally {
    await server.stop();
  }
}
