import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Bench, warmMemory } from "../bench.ts";
import type { Client } from "../clients.ts";
import { compare, type Entry } from "../compare.ts";
import { startCountingProxy } from "../counting-proxy.ts";
import { checkPulled, clientsNamed, emptyDirectory, plant, remoteOn, roleOf } from "../entries.ts";
import { receivedAtMost } from "../goals.ts";
import type { Job } from "../job.ts";
import { kill, start } from "../measure.ts";
import { type ModelData, mebibyte, modelOf } from "../model-data.ts";
import { type Server, startServer } from "../server.ts";

/** Of the model's bytes, when the line is cut. */
const cutAt = 0.6;

export const resume: Job = {
  name: "resume",
  title: "Pull again after a cut at 60 %, 1 GiB",
  about:
    "A pull whose connections are cut when 60 % of the bytes have come, and which is killed 300 ms later (SIGKILL); then, measured, the same command again.",
  goals: [receivedAtMost(0.42)],
  isQuick: true,
  run: async (bench) => {
    const model = await modelOf(bench, 1, 1024 * mebibyte);
    const server = await startServer(bench);
    try {
      await plant(bench, server, model);
      const entries = clientsNamed(["mreg", "oras", "regctl"]).map((client) => resumed(bench, server, model, client));
      const outcomes = await compare(bench, entries, { rounds: 3, warmUps: 0, server });
      return { payloadBytes: model.bytes, registry: server.name, outcomes };
    } finally {
      await server.stop();
    }
  },
};

function resumed(bench: Bench, server: Server, model: ModelData, client: Client): Entry {
  const output = join(bench.directory, `resumed-${client.name}`);
  return {
    name: client.name,
    role: roleOf(client.name),
    make: async (host) => ({
      command: await client.pull(bench, remoteOn(server, host, "mreg"), output),
      prepare: async () => {
        await emptyDirectory(output);
        await warmMemory(bench, model.bytes * 1.2);
        await breakOff(bench, server, model, { client, output });
      },
      check: () => checkPulled(bench, output, model),
    }),
  };
}

/** Starts the pull through a proxy that cuts it, and kills what is left of it. */
async function breakOff(
  bench: Bench,
  server: Server,
  model: ModelData,
  { client, output }: { readonly client: Client; readonly output: string },
): Promise<void> {
  const proxy = await startCountingProxy(server.host);
  try {
    const cut = proxy.cutAfter(model.bytes * cutAt);
    const child = start(bench, await client.pull(bench, remoteOn(server, proxy.host, "mreg"), output));
    for (const stream of [child.stdout, child.stderr]) stream.resume();
    const closed = once(child, "close");
    await Promise.race([cut, closed]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // The group: the yardstick and the client below it.
    kill(child);
    await closed;
    await rm(child.report, { force: true });
  } finally {
    await proxy.close();
  }
}
