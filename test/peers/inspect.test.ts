import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { digestHex, digestOf } from "../../src/base/digest.ts";
import { inspectModel, readModel } from "../../src/model/index.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { emptyJson, packManifest } from "../../src/oci/pack.ts";
import { bytesSource } from "../../src/oci/source.ts";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { scratchDirectory } from "../support/scratch.ts";
import { startCuttingProxy } from "./support/cutting-proxy.ts";
import { needRegistry } from "./support/peers.ts";
import { startRegistry } from "./support/start-registry.ts";

const shards = 4;
const tensorsPerShard = 80;
const tensorBytes = 4096 * 4096 * 2;

/** The start of a shard of 2.5 GiB; what follows are zeros that nobody stores. */
function shardHead(shard: number): Buffer {
  const entries = Array.from({ length: tensorsPerShard }, (_, at) => {
    const name = `model.layers.${shard * 20 + at}.self_attn.q_proj.weight`;
    return [name, { dtype: "BF16", shape: [4096, 4096], data_offsets: [at * tensorBytes, (at + 1) * tensorBytes] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.byteLength));
  return Buffer.concat([length, json]);
}

/** Puts a blob where distribution keeps it, as a file with a hole; its digest is made up, and nobody reads it whole. */
async function plant(storage: string, repository: string, shard: number): Promise<Descriptor> {
  const head = shardHead(shard);
  const digest = digestOf(head);
  const size = head.byteLength + tensorsPerShard * tensorBytes;
  const root = join(storage, "docker/registry/v2");
  const blob = join(root, "blobs/sha256", digestHex(digest).slice(0, 2), digestHex(digest));
  const link = join(root, "repositories", repository, "_layers/sha256", digestHex(digest));
  for (const directory of [blob, link]) await mkdir(directory, { recursive: true });
  await writeFile(join(link, "link"), digest);
  const file = await open(join(blob, "data"), "w");
  await file.write(head);
  await file.truncate(size);
  await file.close();
  const title = `model-0000${shard + 1}-of-0000${shards}.safetensors`;
  return {
    mediaType: "application/vnd.cncf.model.weight.v1.raw",
    digest,
    size,
    annotations: { "org.cncf.model.filepath": title, "org.opencontainers.image.title": title },
  };
}

describe.each(["docker-registry", "distribution"] as const)("%s", (name) => {
  test("inspect of a model of 10 GiB in four shards moves less than 200 KiB", async (context) => {
    needRegistry(context, name);
    const storage = await scratchDirectory();
    const running = await startRegistry(name, { storage });
    onTestFinished(() => running.stop());
    const proxy = await startCuttingProxy(running.host);
    onTestFinished(() => proxy.close());
    const registry = new RemoteRegistry({ host: proxy.host });
    onTestFinished(() => registry.close());
    const repository = registry.repository("large/model");
    const layers: Descriptor[] = [];
    for (let shard = 0; shard < shards; shard++) layers.push(await plant(storage, "large/model", shard));
    await repository.push(emptyJson);
    const manifest = packManifest({ artifactType: "application/vnd.cncf.model.manifest.v1+json", layers });
    await repository.push(bytesSource(manifest.descriptor, manifest.raw));
    await repository.tag(manifest.descriptor, "v1");

    const before = { bytes: proxy.answeredBytes, requests: proxy.methods.length };
    const view = await readModel(repository, await repository.resolve("v1"));
    const { totalBytes, weights } = await inspectModel(repository, view);
    expect(totalBytes).toBeGreaterThan(10 * 1024 ** 3);
    expect(weights.map(({ tensors }) => tensors)).toEqual([80, 80, 80, 80]);
    const moved = { bytes: proxy.answeredBytes - before.bytes, requests: proxy.methods.length - before.requests };
    expect(moved.bytes).toBeLessThan(200 * 1024);
    // The tag, the manifest, and one per shard.
    expect(moved.requests).toBeLessThanOrEqual(2 + shards);
  });
});
