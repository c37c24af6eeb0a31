import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pullModel } from "../../src/model/index.ts";
import { pushModel } from "../../src/push-model.ts";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { readTree, scratchDirectory, writeTree } from "../support/scratch.ts";
import { sharded, tensorBytes, type VersionOptions } from "../support/versions.ts";
import { startCuttingProxy } from "./support/cutting-proxy.ts";
import { onRegistries } from "./support/on-registries.ts";

const v1: VersionOptions = { tensors: 160, shards: 2 };
const changed = [0, 7, 8, 31, 64, 80, 81, 82, 83, 100, 101, 120, 121, 133, 150, 159];
const changedBytes = changed.length * tensorBytes;

onRegistries((host) => {
  test("of a version with 10 % of the tensors changed, what goes over the wire is what the result says", async () => {
    const proxy = await startCuttingProxy(host());
    onTestFinished(() => proxy.close());
    const registry = new RemoteRegistry({ host: proxy.host });
    onTestFinished(() => registry.close());
    const repository = registry.repository(`delta/t-${randomBytes(6).toString("hex")}`);
    const directory = await scratchDirectory();
    const versions = { v1: sharded(v1), v2: sharded({ ...v1, changed }) };
    const targets = [];
    for (const [name, tree] of Object.entries(versions)) {
      await writeTree(join(directory, name), tree);
      const pushed = await pushModel(repository, { paths: [join(directory, name)], name: "m" }, { index: "always" });
      targets.push(pushed.artifact.manifest.descriptor);
    }
    const out = join(directory, "out");
    await pullModel(repository, targets[0]!, out);

    const before = proxy.answeredBytes;
    const pulled = await pullModel(repository, targets[1]!, out, { overwrite: true });
    const wire = proxy.answeredBytes - before;
    expect(await readTree(out)).toEqual(await readTree(join(directory, "v2")));
    expect(pulled.warnings).toEqual([]);
    const fetched = pulled.files.reduce((sum, { size, reused }) => sum + size - reused, 0);
    expect(fetched).toBeGreaterThanOrEqual(changedBytes);
    // Beyond the ranges themselves: their heads, the manifest, the config and the index.
    expect(wire).toBeGreaterThan(fetched);
    expect(wire).toBeLessThan(changedBytes * 1.03 + 20 * 1024);
  });
});
