import { join } from "node:path";
import type { Bench } from "../bench.ts";
import type { Client } from "../clients.ts";
import { compare, type Entry } from "../compare.ts";
import { bareNode, checkTree, clientsNamed, emptyDirectory, hasher, plant, remoteOn, roleOf } from "../entries.ts";
import type { Job } from "../job.ts";
import { type ModelData, mebibyte, modelOf } from "../model-data.ts";
import { type Server, startServer } from "../server.ts";

export const pullPresent: Job = {
  name: "pull-present",
  title: "Pull again, everything is there, 1 GiB",
  about:
    "The directory holds what the first pull wrote. Limits: `hasher` computes the SHA-256 of what is there; a Node that does nothing.",
  goals: [],
  isQuick: true,
  run: async (bench) => {
    const model = await modelOf(bench, 1, 1024 * mebibyte);
    const server = await startServer(bench);
    try {
      await plant(bench, server, model);
      const clients = clientsNamed(["mreg", "oras", "regctl", "modctl"]);
      const entries = await Promise.all(clients.map((client) => again(bench, server, model, client)));
      const outcomes = await compare(bench, [...entries, hasher(bench, model), bareNode], {
        rounds: 4,
        warmUps: 2,
        server,
      });
      return { payloadBytes: model.bytes, registry: server.name, outcomes };
    } finally {
      await server.stop();
    }
  },
};

async function again(bench: Bench, server: Server, model: ModelData, client: Client): Promise<Entry> {
  const output = join(bench.directory, `there-${client.name}`);
  await emptyDirectory(output);
  return {
    name: client.name,
    role: roleOf(client.name),
    make: async (host) => ({
      command: await client.pull(bench, remoteOn(server, host, "mreg"), output),
      check: () => checkTree(bench, output, model),
    }),
  };
}
