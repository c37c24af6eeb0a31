import { createHash } from "node:crypto";
import { link, mkdir, stat, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { runOk } from "../test/peers/support/run.ts";
import { type Bench, scaled, warmMemory } from "./bench.ts";
import { noise, writeWeights } from "./weights.ts";

export interface ModelFile {
  readonly name: string;
  readonly bytes: number;
  readonly digest: string;
}

/** A directory of weights that every client pushes, and what is in it. */
export interface ModelData {
  readonly directory: string;
  readonly files: readonly ModelFile[];
  readonly bytes: number;
}

/** A megabyte of this benchmark, as of most tools. */
export const mebibyte = 1024 * 1024;

const made = new Map<string, Promise<ModelData>>();

/** A model of so many shards of so many bytes each; the same for every job that asks for the same. */
export function modelOf(bench: Bench, shards: number, bytesEach: number): Promise<ModelData> {
  const key = `model-${shards}x${Math.round(bytesEach / mebibyte)}`;
  const there = made.get(key) ?? make(bench, join(bench.directory, key), shards, scaled(bench, bytesEach));
  made.set(key, there);
  return there;
}

async function make(bench: Bench, directory: string, shards: number, bytesEach: number): Promise<ModelData> {
  bench.log(`writing ${shards} × ${Math.round(bytesEach / mebibyte)} MiB`);
  await mkdir(directory, { recursive: true });
  await warmMemory(bench, shards * bytesEach);
  await writeFile(join(directory, "config.json"), '{"architectures":["LlamaForCausalLM"],"model_type":"llama"}\n');
  for (let shard = 0; shard < shards; shard++) {
    const name = shards === 1 ? "model.safetensors" : shardName(shard, shards);
    writeWeights(join(directory, name), noise(bytesEach, 1_000_000 * (shards + 1) + 10_000 * shard));
  }
  return describeModel(bench, directory);
}

/** As Hugging Face names them. */
export function shardName(shard: number, shards: number): string {
  const padded = (number: number) => String(number).padStart(5, "0");
  return `model-${padded(shard + 1)}-of-${padded(shards)}.safetensors`;
}

/** What is in a directory without directories in it. */
export async function describeModel(bench: Bench, directory: string): Promise<ModelData> {
  const digests = await digestsOf(bench, directory);
  const files = await Promise.all(
    [...digests].map(async ([path, digest]) => ({ name: basename(path), bytes: (await stat(path)).size, digest })),
  );
  return { directory, files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** SHA-256 of every file below a directory, by path: computed by the yardstick, not by mreg. */
export async function digestsOf({ yardstick }: Bench, directory: string): Promise<Map<string, string>> {
  const listed = await runOk("find", [directory, "-type", "f"]);
  const paths = listed.split("\n").filter((path) => path !== "");
  const digests = new Map<string, string>();
  for (let at = 0; at < paths.length; at += 1000) {
    const printed = await runOk(yardstick, ["hash", ...paths.slice(at, at + 1000)]);
    for (const line of printed.trim().split("\n")) {
      const [digest = "", ...path] = line.split(" ");
      digests.set(path.join(" "), digest);
    }
  }
  return digests;
}

/** Makes every digest cache, of whatever client, see files it does not know; their bytes stay. */
export async function makeUnknown({ directory, files }: ModelData): Promise<void> {
  const now = Date.now() / 1000;
  for (const { name } of files) await utimes(join(directory, name), now, now);
}

/** The same content as an OCI image layout, by hard links: what crane pushes. */
export async function layoutOf(bench: Bench, model: ModelData): Promise<string> {
  const layout = `${model.directory}-layout`;
  const blobs = join(layout, "blobs", "sha256");
  if (await mkdir(blobs, { recursive: true }).then((first) => first === undefined)) return layout;
  const descriptor = (mediaType: string, digest: string, size: number) => ({ mediaType, digest, size });
  const write = async (mediaType: string, value: object) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const hex = createHash("sha256").update(bytes).digest("hex");
    await writeFile(join(blobs, hex), bytes);
    return descriptor(mediaType, `sha256:${hex}`, bytes.byteLength);
  };
  for (const { name, digest } of model.files) await link(join(model.directory, name), join(blobs, digest.slice(7)));
  const config = await write("application/vnd.oci.empty.v1+json", {});
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const layers = model.files.map(({ digest, bytes }) => descriptor("application/octet-stream", digest, bytes));
  const manifest = await write(mediaType, { schemaVersion: 2, mediaType, config, layers });
  await writeFile(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  bench.log(`layout of ${basename(model.directory)} for crane`);
  return layout;
}
