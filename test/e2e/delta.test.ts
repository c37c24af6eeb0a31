import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { digestOf } from "../../src/base/digest.ts";
import type { InspectResult } from "../../src/cli/results/inspect.ts";
import type { PullResult } from "../../src/cli/results/pull.ts";
import type { PushResult } from "../../src/cli/results/push.ts";
import { attachTensorIndex } from "../../src/model/tensor-index/attach.ts";
import { findTensorIndexes } from "../../src/model/tensor-index/find.ts";
import { resolveManifest } from "../../src/oci/fetch-manifest.ts";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { succeed } from "../support/cli/project.ts";
import { Workspace } from "../support/cli/workspace.ts";
import { type RunningRegistry, startRegistry } from "../support/registry/index.ts";
import { writeTree } from "../support/scratch.ts";
import { sharded, tensorBytes, type VersionOptions } from "../support/versions.ts";

const v1: VersionOptions = { tensors: 80 };
const changed = [3, 4, 11, 12, 40, 55, 56, 79];
const v2: VersionOptions = { tensors: 80, changed };
const changedBytes = changed.length * tensorBytes;

/** A workspace whose model has two versions in a registry; the files of each are in a directory of its name. */
class Upgrade {
  readonly workspace = new Workspace();
  readonly registry: string;

  constructor(registry: string) {
    this.registry = registry;
    onTestFinished(() => this.workspace.remove());
  }

  async run<Result>(line: string): Promise<{ result: Result; stderr: string }> {
    const args = ["--registry", this.registry, "--format", "json", ...line.split(" ")];
    const run = succeed(line, await this.workspace.mreg(args));
    return { result: JSON.parse(run.stdout) as Result, stderr: run.stderr };
  }

  async push(name: string, version: VersionOptions, flag = "--index"): Promise<PushResult> {
    await writeTree(this.workspace.path(name), sharded(version));
    return (await this.run<PushResult>(`push model ${name} ${flag}`)).result;
  }

  /** Tells whether a directory holds exactly what was pushed. */
  isEqual(directory: string, version: VersionOptions): boolean {
    return Object.entries(sharded(version)).every(([path, bytes]) => {
      return digestOf(readFileSync(this.workspace.path(directory, path))) === digestOf(bytes);
    });
  }
}

let registry: RunningRegistry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.close());

let models = 0;

/** Another place in the registry for each test. */
const upgrade = () => new Upgrade(`${registry.host}/test-${models++}`);

/** What a pull moved, by the registry's count of bodies on all routes. */
async function counted<T>(work: () => Promise<T>): Promise<{ value: T; bytes: number }> {
  const before = registry.bytesSent();
  const value = await work();
  return { value, bytes: registry.bytesSent() - before };
}

describe("pull of a version with 10 % of the tensors changed moves them and at most 3 % more", () => {
  test.each<[string, { older?: VersionOptions; newer?: VersionOptions; pull: string; into: string }]>([
    ["over the old one", { pull: "-o old --overwrite", into: "old" }],
    ["from another directory", { pull: "-o new --delta-from old", into: "new" }],
    [
      "from another shard layout",
      { older: { ...v1, shards: 3 }, newer: { ...v2, shards: 4 }, pull: "-o new --delta-from old", into: "new" },
    ],
    [
      "over the same shards",
      { older: { ...v1, shards: 2 }, newer: { ...v2, shards: 2 }, pull: "-o old --overwrite", into: "old" },
    ],
  ])("%s", async (_, { older = v1, newer = v2, pull, into }) => {
    const at = upgrade();
    await at.push("one", older);
    expect(await at.push("two", newer)).toMatchObject({ version: "v2", index: expect.stringContaining("sha256:") });
    await at.run("pull model:v1 -o old");
    const { value, bytes } = await counted(() => at.run<PullResult>(`pull model:v2 ${pull}`));
    expect(at.isEqual(into, newer)).toBe(true);
    expect(bytes).toBeGreaterThan(changedBytes);
    expect(bytes).toBeLessThan(changedBytes * 1.03 + 20 * 1024);
    expect(value.result).toMatchObject({ warnings: [] });
    expect(value.result.bytesSaved).toBeGreaterThan(80 * tensorBytes - changedBytes - 20_000);
  });

  test("after an edit of the header alone, next to nothing", async () => {
    const at = upgrade();
    await at.push("one", v1);
    await at.push("two", { ...v1, note: "a longer note ".repeat(50) });
    await at.run("pull model:v1 -o old");
    const { bytes } = await counted(() => at.run("pull model:v2 -o old --overwrite"));
    expect(bytes).toBeLessThan(50 * 1024);
    expect(at.isEqual("old", { ...v1, note: "a longer note ".repeat(50) })).toBe(true);
  });
});

describe("an index that is of no use ends in a whole pull, a warning and exit 0:", () => {
  const whole = 80 * tensorBytes;

  test("one that is damaged in the registry", async () => {
    const at = upgrade();
    await at.push("one", v1);
    const { digest, index } = await at.push("two", v2);
    await at.run("pull model:v1 -o old");
    const remote = new RemoteRegistry({ host: registry.host });
    onTestFinished(() => remote.close());
    const name = `${at.registry.slice(registry.host.length + 1)}/model`;
    const manifest = await resolveManifest(remote.repository(name), index ?? "");
    if (manifest.kind !== "image") throw new Error("no image manifest");
    registry.corrupt(name, manifest.value.layers[0]!.digest);
    const { value, bytes } = await counted(() => at.run<PullResult>("pull model:v2 -o old --overwrite"));
    expect(bytes).toBeGreaterThan(whole);
    expect(value.result).toMatchObject({ digest, bytesSaved: 0, warnings: [expect.stringContaining("is not used")] });
    expect(value.stderr).toContain("is not used");
    expect(at.isEqual("old", v2)).toBe(true);
  });

  test("one that lies about the content", async () => {
    const at = upgrade();
    await at.push("one", v1);
    const { digest } = await at.push("two", v2, "--no-index");
    const remote = new RemoteRegistry({ host: registry.host });
    onTestFinished(() => remote.close());
    const repository = remote.repository(`${at.registry.slice(registry.host.length + 1)}/model`);
    const [older, newer] = [await resolveManifest(repository, "v1"), await resolveManifest(repository, digest)];
    if (older.kind !== "image" || newer.kind !== "image") throw new Error("no image manifests");
    const [truth] = (await findTensorIndexes(repository, older.descriptor, older.value.layers)).files.values();
    const target = newer.value.layers.find(({ size }) => size > whole);
    if (!truth || !target) throw new Error("no index");
    const lie = { ...truth, digest: target.digest };
    const mediaType = "application/vnd.mreg.tensor-index.v1+json" as const;
    await attachTensorIndex(repository, newer.descriptor, { schemaVersion: 1, mediaType, files: [lie] });
    await at.run("pull model:v1 -o old");
    const { value, bytes } = await counted(() => at.run<PullResult>("pull model:v2 -o old --overwrite"));
    expect(bytes).toBeGreaterThan(whole);
    expect(value.result).toMatchObject({ bytesSaved: 0, warnings: [expect.stringContaining("as a whole")] });
    expect(at.isEqual("old", v2)).toBe(true);
  });
});

test("a registry that ignores Range gives everything, and the file is right", async () => {
  const plain = await startRegistry({ noRange: true });
  onTestFinished(() => plain.close());
  const at = new Upgrade(`${plain.host}/test`);
  await at.push("one", v1);
  await at.push("two", v2);
  await at.run("pull model:v1 -o old");
  const { result } = await at.run<PullResult>("pull model:v2 -o old --overwrite");
  expect(result.bytesSaved).toBe(0);
  expect(at.isEqual("old", v2)).toBe(true);
});

test("on a layout the result is the same; there is no wire to save", async () => {
  const at = new Upgrade("oci:./store");
  await at.push("one", v1);
  await at.push("two", v2);
  await at.run("pull model:v1 -o old");
  const { result } = await at.run<PullResult>("pull model:v2 -o old --overwrite");
  expect(result.warnings).toEqual([]);
  expect(at.isEqual("old", v2)).toBe(true);
});

test("inspect of a model in many shards moves their headers and little more", async () => {
  const at = upgrade();
  await at.push("one", { ...v1, shards: 16 }, "--no-index");
  const { value, bytes } = await counted(() => at.run<InspectResult>("inspect model:v1"));
  expect(value.result.weights.map(({ tensors }) => tensors)).toEqual(Array.from({ length: 16 }, () => 5));
  expect(bytes).toBeLessThan(48 * 1024);
});

test("diff tells from the indexes alone which tensors changed", async () => {
  const at = upgrade();
  await at.push("one", v1);
  await at.push("two", { ...v2, shards: 2 });
  const { value, bytes } = await counted(() =>
    at.run<{ tensors: { same: number; differences: unknown[] } }>("diff model:v1 model:v2"),
  );
  expect(value.result.tensors.same).toBe(72);
  expect(value.result.tensors.differences).toHaveLength(8);
  expect(bytes).toBeLessThan(64 * 1024);
});
