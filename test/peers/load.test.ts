import { randomBytes } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { attachInParallel, crowdSize } from "../support/cli/crowd.ts";
import { projectAt } from "../support/cli/project.ts";
import { listOf } from "../support/expect.ts";
import { onRegistries } from "./support/on-registries.ts";

describe(`${crowdSize} processes that attach to one version at once`, () => {
  onRegistries((host, name) => {
    test("all of them are found afterwards", async (context) => {
      const location = `${host()}/crowd-${randomBytes(4).toString("hex")}`;
      const project = await projectAt("pushed", location);
      const registry = new RemoteRegistry({ host: host() });
      onTestFinished(async () => {
        project.remove();
        await registry.close();
      });
      const attached = await attachInParallel(project, location, "risk:v1");
      const repository = registry.repository(`${location.slice(host().length + 1)}/risk`);
      const found = await listOf(repository.referrers(await repository.resolve("v1")));
      expect(new Set(attached).size).toBe(2 * crowdSize);
      const listed = new Set<string>(found.map(({ digest }) => digest));
      const lost = attached.filter((digest) => !listed.has(digest));
      // olareg 0.2.2 drops manifests that it has acknowledged when they come in parallel, whoever sends them: of 60
      // referrers put at once with plain HTTP it lists 5 to 13, and some are then 404 under their digest, too.
      if (name === "olareg" && lost.length > 0) context.skip("olareg: loses referrers of parallel writers");
      expect(lost).toEqual([]);
    });
  });
});
