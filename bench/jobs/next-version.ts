import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Bench, scaled, warmMemory } from "../bench.ts";
import { mregCommand, mregFlags, type Remote } from "../clients.ts";
import { compare, type Entry } from "../compare.ts";
import { checkPulled, clientsNamed, emptyDirectory, plant, remoteOn, roleOf } from "../entries.ts";
import { type Goal, receivedAtMost } from "../goals.ts";
import type { Job } from "../job.ts";
import { describeModel, type ModelData, mebibyte, shardName } from "../model-data.ts";
import { type Server, startServer } from "../server.ts";
import { type Noise, noise, writeWeights } from "../weights.ts";

/** Twenty of them change: exactly a tenth, at any size. */
const tensorCount = 200;

const tenPercent = receivedAtMost(0.103, "receives ≤ the changed bytes + 3 % (10.3 % of all)");

export const nextVersion: Job = delta({
  name: "next-version",
  title: "Pull the next version, 10 % of the tensors changed, 1 GiB",
  about: "Every tenth tensor is new, and the metadata of the header is longer, so that everything stands elsewhere.",
  goal: tenPercent,
  isQuick: true,
  rounds: 3,
  old: "there",
});

export const nextVersionElsewhere: Job = delta({
  name: "next-version-elsewhere",
  title: "Pull the next version, the old one in another directory",
  about: "As above, but the old version is in a directory that is named with `--delta-from`.",
  goal: tenPercent,
  old: "elsewhere",
});

export const nextVersionResharded: Job = delta({
  name: "next-version-resharded",
  title: "Pull the next version, the old one in four shards",
  about: "As above, but the old version's tensors are spread over four files.",
  goal: tenPercent,
  old: "elsewhere",
  oldShards: 4,
});

export const nextVersionHeader: Job = delta({
  name: "next-version-header",
  title: "Pull the next version, only the header edited, 1 GiB",
  about: "No tensor is new; the metadata of the header is longer, so that everything stands elsewhere.",
  goal: receivedAtMost(0.01, "receives ≤ 1 % of all"),
  old: "there",
  changesNothing: true,
});

interface Variant extends Pick<Job, "name" | "title" | "about" | "isQuick"> {
  readonly goal: Goal;
  /** Where the old version is: in the directory that is pulled into, or in another. */
  readonly old: "there" | "elsewhere";
  readonly oldShards?: number;
  readonly changesNothing?: boolean;
  readonly rounds?: number;
}

function delta(variant: Variant): Job {
  const { name, title, about, goal, isQuick = false, rounds = 2 } = variant;
  return {
    name,
    title,
    about: `${about} mreg pushed the new version with a tensor index; the others download it whole.`,
    goals: [goal],
    isQuick,
    run: async (bench) => {
      const [before, after] = await versions(bench, variant);
      const server = await startServer(bench);
      try {
        await plant(bench, server, after);
        const entries = clientsNamed(["mreg", "oras"]).map(({ name: client }) =>
          client === "mreg" ? own(bench, server, variant, { before, after }) : whole(bench, server, after),
        );
        const outcomes = await compare(bench, entries, { rounds, warmUps: 0, server });
        return { payloadBytes: after.bytes, registry: server.name, outcomes };
      } finally {
        await server.stop();
      }
    },
  };
}

interface Versions {
  readonly before: ModelData;
  readonly after: ModelData;
}

function own(bench: Bench, server: Server, { old }: Variant, { before, after }: Versions): Entry {
  const output = join(bench.directory, "next");
  const from = old === "there" ? ["--overwrite"] : ["--delta-from", before.directory];
  return {
    name: "mreg",
    role: "mreg",
    make: async (host) => ({
      command: pullOver(remoteOn(server, host, "mreg"), output, from),
      prepare: async () => {
        await emptyDirectory(output);
        await warmMemory(bench, after.bytes * 1.2);
        if (old === "elsewhere") return;
        for (const { name } of before.files) await copyFile(join(before.directory, name), join(output, name));
      },
      check: () => checkPulled(bench, output, after),
    }),
  };
}

function pullOver(remote: Remote, output: string, flags: readonly string[]) {
  const reference = `${remote.host}/${remote.repository}:${remote.tag}`;
  return mregCommand(["pull", reference, "--output", output, ...flags, ...mregFlags(remote)]);
}

function whole(bench: Bench, server: Server, after: ModelData): Entry {
  const output = join(bench.directory, "next-whole");
  const [oras] = clientsNamed(["oras"]);
  if (!oras) throw new Error("no client oras");
  return {
    name: oras.name,
    role: roleOf(oras.name),
    make: async (host) => ({
      command: await oras.pull(bench, remoteOn(server, host, "mreg"), output),
      prepare: async () => {
        await emptyDirectory(output);
        await warmMemory(bench, after.bytes * 1.2);
      },
      check: () => checkPulled(bench, output, after),
    }),
  };
}

async function versions(
  bench: Bench,
  { name, oldShards = 1, changesNothing }: Variant,
): Promise<[ModelData, ModelData]> {
  const bytes = scaled(bench, 1024 * mebibyte);
  const old = noise(bytes, 50_000_000, tensorCount);
  const fresh = noise(bytes, 60_000_000, tensorCount);
  const next = old.map((tensor, at) => (at % 10 === 3 && !changesNothing ? (fresh[at] ?? tensor) : tensor));
  const at = (which: string) => join(bench.directory, `${name}-${which}`);
  await warmMemory(bench, 2 * bytes);
  await writeShards(at("old"), old, oldShards);
  await writeShards(at("new"), next, 1, { note: "fine-tuned on the second collection, with care" });
  return [await describeModel(bench, at("old")), await describeModel(bench, at("new"))];
}

async function writeShards(
  directory: string,
  tensors: readonly Noise[],
  shards: number,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const each = Math.ceil(tensors.length / shards);
  for (let shard = 0; shard < shards; shard++) {
    const name = shards === 1 ? "model.safetensors" : shardName(shard, shards);
    writeWeights(join(directory, name), tensors.slice(shard * each, (shard + 1) * each), metadata);
  }
}
