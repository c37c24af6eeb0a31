import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { mregCommand } from "../clients.ts";
import { type Comparison, type Contender, compare, type Entry } from "../compare.ts";
import { checkPulled, emptyDirectory } from "../entries.ts";
import type { Job } from "../job.ts";
import { measure } from "../measure.ts";
import { type ModelData, makeUnknown, mebibyte, modelOf } from "../model-data.ts";
import { startServer } from "../server.ts";

export const memory: Job = {
  name: "memory",
  title: "Memory, one file of 2 GiB",
  about:
    "Push and pull of one file, to and from a layout on disk and a registry. Only the peak counts here; its bound, which holds for every job, is in the table of goals.",
  goals: [],
  run: async (bench) => {
    const model = await modelOf(bench, 1, 2048 * mebibyte);
    const server = await startServer(bench);
    try {
      const layout = `oci:${join(bench.directory, "memory-layout")}`;
      const entries = [
        ...(await pushAndPull(bench, model, { name: "layout", location: layout })),
        ...(await pushAndPull(bench, model, { name: server.name, location: server.host })),
      ];
      const outcomes = await compare(bench, entries, { rounds: 1, warmUps: 0 });
      return { payloadBytes: model.bytes, registry: server.name, outcomes } satisfies Comparison;
    } finally {
      await server.stop();
    }
  },
};

interface Store {
  readonly name: string;
  readonly location: string;
}

/** A push to a repository of its own, and a pull of what was pushed before, so that the order does not matter. */
async function pushAndPull(bench: Bench, model: ModelData, { name, location }: Store): Promise<Entry[]> {
  const env = (at: string) => ({ MREG_REGISTRY: at });
  const planted = location.startsWith("oci:") ? `${location}-planted` : location;
  await measure(bench, mregCommand(["push", "planted:v1", model.directory], env(planted)));
  const output = join(bench.directory, "pulled-memory");
  const entry = (verb: string, args: readonly string[], at: string, around: Omit<Contender, "command">): Entry => ({
    name: `${verb}, ${name}`,
    role: "mreg",
    make: async () => ({ command: mregCommand(args, env(at)), ...around }),
  });
  return [
    entry("push", ["push", "new:v1", model.directory], location, {
      prepare: async () => {
        if (location.startsWith("oci:")) await rm(location.slice(4), { recursive: true, force: true });
        await makeUnknown(model);
      },
    }),
    entry("pull", ["pull", "planted:v1", "--output", output], planted, {
      prepare: () => emptyDirectory(output),
      check: () => checkPulled(bench, output, model),
    }),
  ];
}
