import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../../src/base/digest.ts";
import { buildModel, type ModelArtifact } from "../../src/model/index.ts";
import type { Target } from "../../src/oci/content.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { pushForeign, titled } from "../support/artifacts.ts";
import { seededBytes } from "../support/fixtures.ts";
import type { RunningRegistry } from "../support/registry/index.ts";
import { readTree } from "../support/scratch.ts";
import type { World } from "./world.ts";

/** The model of every case: one file of this size. */
export const weightsName = "weights.bin";
export const weights = seededBytes(7, 256 * 1024);
export const weightsDigest = digestOf(weights);
/** Content that is fetched in parts of 4 MiB, over several connections. */
export const longWeights = seededBytes(8, 36 * 1024 * 1024);
/** Repository. */
export const modelName = "ml/risk";

/** Stores the model in one layer and tags it v1. */
export async function storeModel(target: Target, content: Uint8Array = weights): Promise<Descriptor> {
  const manifest = await pushForeign(target, { layers: [titled(weightsName, content)] });
  await target.tag(manifest, "v1");
  return manifest;
}

/** Packs the model from a directory, or one of so many bytes. */
export async function packModel(world: World, bytes = weights.byteLength): Promise<ModelArtifact> {
  const directory = await world.directory();
  await writeFile(join(directory, weightsName), seededBytes(7, bytes));
  return buildModel({ paths: [directory], name: "risk" });
}

/**
 * After a pull: the whole file when it succeeded, else nothing under any name.
 */
export async function expectPulled(directory: string, outcome: string): Promise<void> {
  const tree = await readTree(directory).catch(() => ({}));
  const expected = outcome === "ok" ? { [weightsName]: Buffer.from(weights).toString("latin1") } : {};
  assert.deepEqual(Object.keys(tree), Object.keys(expected), "files in the directory");
  assert.ok(outcome !== "ok" || digestOf(Buffer.from(Object.values(tree)[0] as string, "latin1")) === weightsDigest);
  const names: readonly string[] = await readdir(directory).catch(() => []);
  assert.ok(!names.includes(".mreg-pull"), "the staging directory is left");
}

/** After a pull of {@link longWeights}: the same, but a failure leaves what has come for the next pull. */
export async function expectPulledLong(directory: string, outcome: string): Promise<void> {
  const pulled = await readFile(join(directory, weightsName)).catch(() => undefined);
  assert.equal(pulled !== undefined, outcome === "ok", "a file under its name");
  assert.ok(!pulled || pulled.equals(longWeights), "the bytes");
}

/**
 * After a push: everything the manifest names when it succeeded, else no manifest; never a blob that is not its digest.
 */
export function expectPushed(server: RunningRegistry, artifact: ModelArtifact, outcome: string): void {
  const { blobs, manifests } = server.state.open(modelName);
  for (const [digest, bytes] of blobs) assert.equal(digestOf(bytes), digest, "a stored blob");
  const { digest } = artifact.manifest.descriptor;
  assert.equal(manifests.has(digest), outcome === "ok", `manifest stored after ${outcome}`);
  if (outcome !== "ok") return;
  for (const { descriptor } of [artifact.config, ...artifact.layers]) {
    assert.ok(blobs.has(descriptor.digest), `blob ${descriptor.digest} stored`);
  }
}
