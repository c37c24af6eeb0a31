import { cp } from "node:fs/promises";
import { join } from "node:path";
import { type Bench, scaled } from "../bench.ts";
import { type Client, mregCommand } from "../clients.ts";
import { type Comparison, compare, type Entry } from "../compare.ts";
import { bareNode, checkServed, clientsNamed, remoteOn, roleOf } from "../entries.ts";
import { secondsAtMost } from "../goals.ts";
import type { Job } from "../job.ts";
import { type Command, measure } from "../measure.ts";
import { describeModel, type ModelData, mebibyte, modelOf, shardName } from "../model-data.ts";
import { type Server, startServer } from "../server.ts";
import { noise, writeWeights } from "../weights.ts";

export const pushUnchanged: Job = {
  name: "push-unchanged",
  title: "Push again, nothing changed, 1 GiB",
  about:
    "The file and the registry are as the first push left them. crane pushes a layout, whose digests are known. The limit is a Node that does nothing.",
  goals: [secondsAtMost(0.3)],
  isQuick: true,
  run: async (bench) => {
    const model = await modelOf(bench, 1, 1024 * mebibyte);
    return withServer(bench, async (server) => {
      const clients = clientsNamed(["mreg", "oras", "crane", "regctl"]);
      await oldEnough();
      const outcomes = await compare(
        bench,
        [...clients.map((client) => entry(client, pushAgain(bench, server, client, model))), bareNode],
        { rounds: 5, server },
      );
      return { payloadBytes: model.bytes, registry: server.name, outcomes };
    });
  },
};

export const pushOneShard: Job = {
  name: "push-one-shard",
  title: "Push again, one of 8 shards changed",
  about:
    "Eight files of 128 MiB, one of them new in each round and for each client; the registry has the other seven, pushed by the same client.",
  goals: [],
  run: async (bench) => {
    // A copy of its own: the other jobs' shards stay as they are.
    const model = await changingModel(bench);
    return withServer(bench, async (server) => {
      const clients = clientsNamed(["mreg", "oras", "regctl"]);
      await oldEnough();
      const entries = clients.map((client) => entry(client, pushChanged(bench, server, client, model)));
      const outcomes = await compare(bench, entries, { rounds: 5, server });
      return { payloadBytes: model.bytes, registry: server.name, outcomes };
    });
  },
};

async function changingModel(bench: Bench): Promise<ModelData> {
  const { directory } = await modelOf(bench, 8, 128 * mebibyte);
  const own = `${directory}-changing`;
  await cp(directory, own, { recursive: true });
  return describeModel(bench, own);
}

/** A digest cache must not trust a file that was written a moment ago: wait until it may. */
function oldEnough(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 3000));
}

async function withServer(bench: Bench, use: (server: Server) => Promise<Comparison>): Promise<Comparison> {
  const server = await startServer(bench);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

function entry({ name }: Client, make: Entry["make"]): Entry {
  return { name, role: roleOf(name), make };
}

/** The warm-up is the first push. */
function pushAgain(bench: Bench, server: Server, client: Client, model: ModelData): Entry["make"] {
  return async (host) => ({
    command: await client.push(bench, remoteOn(server, host, client.name), model),
    check: () => checkServed(bench, server, client.name, model),
  });
}

let seed = 77_000_000;

function pushChanged(bench: Bench, server: Server, client: Client, model: ModelData): Entry["make"] {
  const changing = join(model.directory, shardName(3, 8));
  return async (host) => {
    const remote = remoteOn(server, host, client.name);
    await measure(bench, await pushNext(bench, client, remote, model));
    return {
      command: await pushNext(bench, client, remote, model),
      prepare: async () => {
        seed += 1000;
        writeWeights(changing, noise(scaled(bench, 128 * mebibyte), seed));
      },
      check: async () => checkServed(bench, server, client.name, await describeModel(bench, model.directory)),
    };
  };
}

/** mreg writes a version once and takes the next number; the others move their tag. */
async function pushNext(
  bench: Bench,
  client: Client,
  remote: ReturnType<typeof remoteOn>,
  model: ModelData,
): Promise<Command> {
  if (client.name !== "mreg") return client.push(bench, remote, model);
  return mregCommand(["push", `${remote.host}/${remote.repository}`, model.directory]);
}
