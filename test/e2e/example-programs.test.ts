import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectAt } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { startRegistry } from "../support/registry/index.ts";

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

describe("examples/", () => {
  let project: Workspace;
  beforeAll(async () => {
    project = await projectAt("evidenced");
  });
  afterAll(() => project.remove());

  it("push-and-pull.ts: pulls the bytes that it pushed", () => {
    const [model, output] = [project.path("model"), project.path("library-out")];
    const printed = execFileSync(
      process.execPath,
      [example("push-and-pull.ts"), model, project.path("library-store"), output],
      { encoding: "utf8" },
    );
    expect(printed).toMatch(/^risk:v1 is sha256:[0-9a-f]{64}$/m);
    expect(readFileSync(project.path("library-out", "model.safetensors"))).toEqual(
      readFileSync(project.path("model", "model.safetensors")),
    );
  });

  it("verify-before-eval.sh: pulls what is signed", async () => {
    const run = await project.shell(`sh ${example("verify-before-eval.sh")} risk:v1 eval-input`);
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.stdout).toMatch(/ready to evaluate risk@sha256:/);
  });

  it("verify-before-eval.sh: stops at what is not", async () => {
    await project.mreg(["push", "unsigned", "model"]);
    const run = await project.shell(`sh ${example("verify-before-eval.sh")} unsigned:v1 not-there`);
    expect(run.exitCode).toBe(4);
    expect(run.stdout).not.toContain("ready");
  });
});

describe("examples/oras-js/", () => {
  const run = (name: string, ...args: readonly string[]): Promise<string> =>
    new Promise((done, fail) => {
      execFile(process.execPath, [example(`oras-js/${name}`), ...args], (error, stdout, stderr) =>
        error ? fail(new Error(stderr, { cause: error })) : done(stdout),
      );
    });

  it("push, attach, discover, pull and copy do what oras does", async () => {
    const registry = await startRegistry();
    const project = await projectAt("files");
    try {
      const at = [registry.host, "demo/risk", "v1"] as const;
      const digest = (await run("push.ts", ...at, project.path("model", "model.safetensors"))).trim();
      const card = (await run("attach.ts", ...at, "application/vnd.example.card", project.path("runbook.md"))).trim();
      expect(await run("discover.ts", ...at)).toBe(
        `application/vnd.oci.image.manifest.v1+json ${digest}\n  application/vnd.example.card ${card}\n`,
      );
      await run("pull.ts", ...at, project.path("pulled"));
      expect(readFileSync(project.path("pulled", "model.safetensors"))).toEqual(
        readFileSync(project.path("model", "model.safetensors")),
      );
      expect(await run("copy.ts", ...at, project.path("layouts"))).toMatch(/^2 manifests, 3 blobs, /);
      const graph = await project.mreg(["graph", `oci:${project.path("layouts/demo/risk")}:v1`]);
      expect(graph.stdout).toContain("application/vnd.example.card");
    } finally {
      project.remove();
      await registry.close();
    }
  });
});
