import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { type RegistryOptions, type RunningRegistry, startRegistry } from "../support/registry/index.ts";

interface GraphNode {
  readonly digest: string;
  readonly artifactType?: string;
  readonly annotations?: Record<string, string>;
  readonly referrers: readonly GraphNode[];
}

/** The same node, with what stores may list in any order in one order. */
function sorted({ referrers, ...node }: GraphNode): GraphNode {
  return { ...node, referrers: referrers.map(sorted).sort((one, other) => (one.digest < other.digest ? -1 : 1)) };
}

describe("graph and list say the same over every store", () => {
  let project: Workspace;
  let registry: RunningRegistry | undefined;
  let graph: GraphNode;
  let models: unknown;
  beforeAll(async () => {
    project = await projectAt("serving");
    graph = await graphOf("oci:./store");
    models = (await json("list --registry oci:./store")).models;
  });
  afterAll(() => project.remove());

  const json = async (line: string) => {
    const args = [...line.split(" "), "--format", "json"];
    return JSON.parse(succeed(line, await project.mreg(args)).stdout);
  };
  const graphOf = async (location: string) => sorted((await json(`graph risk:v1 --registry ${location}`)).root);

  const moods: readonly (readonly [string, RegistryOptions])[] = [
    ["the referrers API", {}],
    ["the referrers API in pages of two, without a filter", { pageSize: 2, noReferrersFilter: true }],
    ["fallback tags", { referrers: "tag" }],
    [
      "OCI-Subject but no API, no HEAD and no digest header",
      { falseSubjectHeader: true, noManifestHead: true, noDigestHeader: true },
    ],
  ];
  it.each(moods)("a registry with %s", async (_name, options) => {
    registry = await startRegistry(options);
    try {
      const location = `${registry.host}/team`;
      succeed("cp", await project.mreg(["cp", "-r", "risk", `${location}/risk`]));
      expect(graph.referrers.length).toBeGreaterThan(10);
      expect(await graphOf(location)).toEqual(graph);
      expect((await json(`list --registry ${location}`)).models).toEqual(models);
      expect((await json(`list risk --registry ${location}`)).models).toEqual(models);
    } finally {
      await registry.close();
    }
  });

  it("a registry that hides its catalog: list says so, and lists the versions of a model", async () => {
    registry = await startRegistry({ noCatalog: true });
    try {
      succeed("cp", await project.mreg(["cp", "-r", "risk", `${registry.host}/risk`]));
      const run = await project.mreg(["list", "--registry", registry.host]);
      expect(run).toMatchObject({ exitCode: 2, stdout: "" });
      expect(run.stderr).toContain("does not list its repositories");
      expect((await json(`list risk --registry ${registry.host}`)).models).toEqual(models);
    } finally {
      await registry.close();
    }
  });

  it("a version without anything attached is a graph of one, and a model that is not there is exit 5", async () => {
    registry = await startRegistry({ referrers: "tag" });
    try {
      succeed("cp", await project.mreg(["cp", "risk:v1", `${registry.host}/bare`]));
      expect((await json(`graph ${registry.host}/bare:v1`)).root).toMatchObject({
        digest: graph.digest,
        referrers: [],
      });
      for (const command of ["list", "graph"]) {
        const run = await project.mreg([command, `${registry.host}/absent${command === "graph" ? ":v1" : ""}`]);
        expect(run).toMatchObject({ exitCode: 5, stdout: "" });
      }
    } finally {
      await registry.close();
    }
  });
});
