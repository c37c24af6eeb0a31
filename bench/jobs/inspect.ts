import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Bench, scaled, warmMemory } from "../bench.ts";
import { mregCommand, programPath } from "../clients.ts";
import { compare, type Entry } from "../compare.ts";
import { bareNode, plant, remoteOn } from "../entries.ts";
import { movedAtMost } from "../goals.ts";
import type { Job } from "../job.ts";
import { describeModel, type ModelData, mebibyte, shardName } from "../model-data.ts";
import { type Server, startServer } from "../server.ts";
import { safetensorsHeader } from "../weights.ts";

const shards = 10;
const layers = 32;

export const inspect: Job = {
  name: "inspect",
  title: "Inspect a remote model of 10 GiB",
  about:
    "Ten shards of 1 GiB with the tensors of a Llama of 32 layers and their index; the weights are holes. `oras manifest fetch` reads the manifest alone.",
  goals: [movedAtMost(200 * 1024, "moves ≤ 200 KiB")],
  isQuick: true,
  run: async (bench) => {
    const model = await sparseModel(bench);
    const server = await startServer(bench);
    try {
      await plantHoles(server, model);
      await plant(bench, server, model);
      const outcomes = await compare(bench, [own(server), manifest(bench, server), bareNode], { rounds: 7, server });
      return { payloadBytes: model.bytes, registry: server.name, outcomes };
    } finally {
      await server.stop();
    }
  },
};

function own(server: Server): Entry {
  return {
    name: "mreg",
    role: "mreg",
    make: async (host) => {
      const { repository, tag } = remoteOn(server, host, "mreg");
      return { command: mregCommand(["inspect", `${host}/${repository}:${tag}`]) };
    },
  };
}

function manifest(bench: Bench, server: Server): Entry {
  return {
    name: "oras manifest fetch",
    role: "peer",
    make: async (host) => {
      const { repository, tag } = remoteOn(server, host, "mreg");
      const args = ["manifest", "fetch", "--plain-http", `${host}/${repository}:${tag}`];
      return { command: { file: programPath(bench, "oras"), args } };
    },
  };
}

/** Shards as long as real ones, of which only the header is on disk. */
async function sparseModel(bench: Bench): Promise<ModelData> {
  const directory = join(bench.directory, "sparse");
  await mkdir(directory);
  bench.log(`writing ${shards} sparse shards`);
  const weightMap: Record<string, string> = {};
  const each = scaled(bench, 1024 * mebibyte);
  for (let shard = 0; shard < shards; shard++) {
    const names = tensorNames().filter((_, at) => at % shards === shard);
    const bytes = Math.floor(each / names.length / 8) * 8;
    const file = await open(join(directory, shardName(shard, shards)), "w");
    const header = safetensorsHeader(names.map((name) => ({ name, bytes })));
    await file.write(header);
    await file.truncate(header.byteLength + bytes * names.length);
    await file.close();
    for (const name of names) weightMap[name] = shardName(shard, shards);
  }
  const index = { metadata: { total_size: each * shards }, weight_map: weightMap };
  await writeFile(join(directory, "model.safetensors.index.json"), JSON.stringify(index));
  await warmMemory(bench, each * shards);
  return describeModel(bench, directory);
}

function tensorNames(): string[] {
  const parts = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"].concat([
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
    "input_layernorm",
    "post_attention_layernorm",
  ]);
  const blocks = Array.from({ length: layers }, (_, layer) =>
    parts.map((part) => `model.layers.${layer}.${part}.weight`),
  );
  return ["model.embed_tokens.weight", ...blocks.flat(), "model.norm.weight", "lm_head.weight"];
}

/** Puts the shards where distribution keeps blobs, as holes: a push finds them there and sends nothing. */
async function plantHoles({ storage }: Server, { directory, files }: ModelData): Promise<void> {
  const root = join(storage, "docker", "registry", "v2");
  for (const { name, bytes, digest } of files.filter((file) => file.name.endsWith(".safetensors"))) {
    const hex = digest.slice("sha256:".length);
    const blob = join(root, "blobs", "sha256", hex.slice(0, 2), hex);
    const link = join(root, "repositories", "bench", "mreg", "_layers", "sha256", hex);
    await mkdir(blob, { recursive: true });
    await mkdir(link, { recursive: true });
    await writeFile(join(link, "link"), digest);
    const header = await readHeader(join(directory, name));
    await writeFile(join(blob, "data"), header);
    const data = await open(join(blob, "data"), "r+");
    await data.truncate(bytes);
    await data.close();
  }
}

async function readHeader(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const start = Buffer.alloc(64 * 1024);
    await file.read(start);
    return start;
  } finally {
    await file.close();
  }
}
