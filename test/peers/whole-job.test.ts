import { describe, expect, test } from "vitest";
import { advance, projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { onRegistries, titleOf, zotHere } from "./support/on-registries.ts";
import { need } from "./support/peers.ts";
import { runOk } from "./support/run.ts";
import { type RegistryName, startRegistry } from "./support/start-registry.ts";
import { treeOf } from "./support/tree.ts";

/** Runs one line of mreg against a registry; it must end with 0. */
async function mreg(project: Workspace, registry: string, line: string): Promise<string> {
  return succeed(line, await project.mreg(["--registry", registry, ...line.split(" ")])).stdout;
}

async function expectServed(project: Workspace, registry: string): Promise<void> {
  await mreg(project, registry, "verify risk:v1 --state production");
  await mreg(project, registry, "pull risk@production --require-state production -o serving");
  expect(await treeOf(project.path("serving"))).toEqual(await treeOf(project.path("model")));
}

describe("the job of the quickstart", () => {
  onRegistries((host) => {
    test("runs from push to a verified pull, byte for byte", async () => {
      const registry = `${host()}/whole`;
      const project = await projectAt("serving", registry);
      try {
        expect(await mreg(project, registry, "status risk")).toContain("production");
        expect(await mreg(project, registry, "log risk")).toContain("staging");
        expect(await mreg(project, registry, "graph risk:v1")).toContain("sigstore");
        await expectServed(project, registry);
      } finally {
        project.remove();
      }
    });

    test("a production tag pushed by another client changes nothing, and status calls it forged", async (context) => {
      const crane = need(context, "crane");
      const registry = `${host()}/forged`;
      const project = await projectAt("staged", registry);
      try {
        await runOk(crane, ["tag", "--insecure", `${registry}/risk:v1`, "v1-production"]);
        const verify = await project.mreg(["--registry", registry, "verify", "risk:v1", "--state", "production"]);
        expect(verify.exitCode, verify.stderr).toBe(4);
        const pull = ["pull", "risk:v1", "--require-state", "production", "-o", "serving"];
        expect((await project.mreg(["--registry", registry, ...pull])).exitCode).toBe(4);
        expect(await mreg(project, registry, "status risk")).toMatch(/forged/i);
        await advance(project, { from: "staged", to: "approved" }, registry);
        expect(
          (await project.mreg(["--registry", registry, "verify", "risk:v1", "--state", "production"])).exitCode,
        ).toBe(4);
      } finally {
        project.remove();
      }
    });
  });
});

describe("outgrowing the laptop: a registry started on the embedded store", () => {
  // A container would not see the directory, so that only the program itself will do.
  const zot = zotHere();
  test(`${titleOf(zot)} serves what mreg wrote, and the chain verifies`, async (context) => {
    need(context, zot);
    await onEmbeddedStore(zot, expectServed);
  });

  test("olareg serves what mreg wrote, byte for byte", async (context) => {
    need(context, "olareg");
    // In a layout, olareg finds referrers by fallback tags alone, so that the chain is not visible through it.
    await onEmbeddedStore("olareg", async (project, registry) => {
      await mreg(project, registry, "pull risk:v1 -o serving");
      expect(await treeOf(project.path("serving"))).toEqual(await treeOf(project.path("model")));
    });
  });
});

async function onEmbeddedStore(
  name: RegistryName,
  use: (project: Workspace, registry: string) => Promise<void>,
): Promise<void> {
  const project = await projectAt("serving");
  const registry = await startRegistry(name, { storage: project.path("store") });
  try {
    await use(project, registry.host);
  } finally {
    await registry.stop();
    project.remove();
  }
}
