import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, describe, expect, it } from "vitest";
import { projectAt } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { type RunningRegistry, startRegistry } from "../support/registry/index.ts";

const ajv = new Ajv2020({ strict: false });

/** Demands that a document is what `schemas/cli/<kind>.json` says. */
function checkSchema(document: { readonly kind: string }): void {
  const schema = JSON.parse(readFileSync(new URL(`../../schemas/cli/${document.kind}.json`, import.meta.url), "utf8"));
  const validate = ajv.compile(schema);
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
}

describe("the whole job", () => {
  let project: Workspace;
  let registry: RunningRegistry | undefined;
  afterEach(async () => {
    project.remove();
    await registry?.close();
    registry = undefined;
  });

  const answers = async (location: string) => {
    const json = async (...args: string[]) => {
      const run = await project.mreg(["--registry", location, "--format", "json", ...args]);
      expect(run, run.stderr).toMatchObject({ exitCode: 0 });
      const document = JSON.parse(run.stdout);
      checkSchema(document);
      return document;
    };
    const status = await json("status", "risk");
    expect(status.models[0]).toMatchObject({ serving: "v1", anomalies: [], head: { sequence: 2 } });
    const log = await json("log", "risk");
    expect(log.entries.map(({ to }: { to: string }) => to)).toEqual(["staging", "production"]);
    expect(log.entries[1].approvals).toMatchObject([{ person: "lea" }]);
    const verified = await json("verify", "risk:v1", "--state", "production");
    expect(verified.state).toMatchObject({ state: "production", record: 2 });
    expect(verified.rejected).toEqual([]);
    const graph = await json("graph", "risk:v1");
    expect(graph.root.referrers.length).toBeGreaterThan(10);
    const inspected = await json("inspect", "risk:v1");
    expect(inspected.weights[0]).toMatchObject({ format: "safetensors" });
    await json("list");
    await json("resolve", "risk@production");
    const checked = await project.mreg([
      "--registry",
      location,
      "--format",
      "json",
      "check",
      "risk:v1",
      "--to",
      "retired",
    ]);
    expect(checked.exitCode).toBe(3);
    checkSchema(JSON.parse(checked.stdout));
    const pulled = await json("pull", "risk@production", "--require-state", "production", "-o", "serving");
    expect(pulled.files).toHaveLength(readdirSync(project.path("model")).length);
    for (const { path } of pulled.files) {
      expect(readFileSync(project.path("serving", path))).toEqual(readFileSync(project.path("model", path)));
    }
  };

  it("runs on the embedded store", async () => {
    project = await projectAt("serving");
    await answers("oci:./store");
  });

  it.each(["api", "tag"] as const)("runs on a registry with referrers by %s", async (referrers) => {
    registry = await startRegistry({ referrers });
    project = await projectAt("serving", `${registry.host}/ml`);
    await answers(`${registry.host}/ml`);
  });

  it("an error in JSON is what its schema says", async () => {
    project = await projectAt("keys");
    const { stderr } = await project.mreg(["--format", "json", "resolve", "Not A Reference"]);
    checkSchema(JSON.parse(stderr));
  });
});
