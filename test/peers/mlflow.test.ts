import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectAt } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { readTree } from "../support/scratch.ts";
import { type RunningMlflow, startMlflow } from "./support/mlflow-server.ts";
import { need, peer } from "./support/peers.ts";
import { runOk } from "./support/run.ts";

/**
 * A real MLflow 3 server from PyPI, on SQLite with its artifact proxy and its authentication; mreg reads and writes
 * back.
 */
describe("MLflow", () => {
  let project: Workspace;
  let server: RunningMlflow | undefined;
  let ids: { readonly run: string; readonly model: string };
  beforeAll(async () => {
    project = await projectAt("initialised");
    const found = peer("mlflow");
    if (!("path" in found)) return;
    server = await startMlflow(found.path);
    const stdout = await runOk(
      join(dirname(found.path), "python"),
      [resolve(import.meta.dirname, "support/mlflow-train.py")],
      {
        cwd: project.directory,
        env: { ...environment(), GIT_PYTHON_REFRESH: "quiet" },
      },
    );
    ids = JSON.parse(
      stdout
        .trim()
        .split("\n")
        .findLast((line) => line.startsWith("{")) ?? "",
    ) as typeof ids;
  });
  afterAll(async () => {
    await server?.stop();
    project.remove();
  });

  const environment = () => ({ MLFLOW_TRACKING_URI: server?.address ?? "", ...server?.credentials });
  const mreg = (args: readonly string[], env: Record<string, string> = environment()) => project.mreg(args, { env });

  test("every form of address is the files that MLflow's own client downloads, with what the server says of them", async (context) => {
    need(context, "mlflow");
    const expected = await readTree(project.path("downloaded"));
    // What the client adds of its own.
    delete expected["registered_model_meta"];
    for (const model of [
      "models:/risk/1",
      "models:/risk@champion",
      "models:/risk/latest",
      `models:/${ids.model}`,
      `runs:/${ids.run}/model`,
    ]) {
      const name = model
        .replaceAll(/[^a-z0-9]+/g, "-")
        .slice(0, 40)
        .replace(/-$/, "");
      const imported = await mreg(["import", "mlflow", model, "--as", name, "--key", "alice.key", "--format", "json"]);
      expect(imported, imported.stderr).toMatchObject({ exitCode: 0 });
      const result = JSON.parse(imported.stdout) as { evidence: { type: string }[]; notes: string[] };
      expect(result.evidence.map(({ type }) => type)).toEqual(expect.arrayContaining(["lineage", "eval"]));
      expect(result.notes.join("\n")).toContain("--direction my_gain=higher|lower");
      await mreg(["pull", `${name}:v1`, "-o", name]);
      expect(await readTree(project.path(name))).toEqual(expected);
    }
  });

  test("the same version is the same content, and the digest is written back", async (context) => {
    need(context, "mlflow");
    const line = ["import", "mlflow", "models:/risk/1", "--key", "alice.key", "--format", "json", "--write-back"];
    const [first, again] = [await mreg(line), await mreg(line)];
    const { digest } = JSON.parse(first.stdout) as { digest: string };
    expect(JSON.parse(again.stdout)).toMatchObject({ digest, version: "v1", outcome: "present" });
    const query = `${environment().MLFLOW_TRACKING_URI}/api/2.0/mlflow/model-versions/get?name=risk&version=1`;
    const { MLFLOW_TRACKING_USERNAME: user, MLFLOW_TRACKING_PASSWORD: password } = environment();
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    const answer = (await (await fetch(query, { headers: { authorization } })).json()) as { model_version: object };
    expect(answer.model_version).toMatchObject({ tags: [{ key: "mreg.digest", value: digest }] });
  });

  test("what cannot be had ends with its own exit code", async (context) => {
    need(context, "mlflow");
    const { MLFLOW_TRACKING_URI } = environment();
    const wrong = { ...environment(), MLFLOW_TRACKING_PASSWORD: "wrong" };
    const cases: readonly (readonly [model: string, env: Record<string, string>, exitCode: number])[] = [
      ["models:/risk/1", wrong, 6],
      ["models:/risk/1", { MLFLOW_TRACKING_URI }, 6],
      ["models:/risk/1", { MLFLOW_TRACKING_URI, MLFLOW_TRACKING_TOKEN: "t" }, 6],
      ["models:/risk/9", environment(), 5],
      ["models:/nothing/1", environment(), 5],
      ["models:/risk@nobody", environment(), 5],
      [`runs:/${ids.run}/nothing`, environment(), 5],
      ["models:/risk/1", { ...environment(), MLFLOW_TRACKING_URI: "http://127.0.0.1:9" }, 8],
    ];
    for (const [model, env, exitCode] of cases) {
      const { exitCode: found, stderr } = await mreg(["import", "mlflow", model, "--as", "none"], env);
      expect(found, `${model}: ${stderr}`).toBe(exitCode);
      expect(stderr).not.toContain("correct-horse-7");
    }
    expect((await mreg(["list", "none"])).exitCode).toBe(5);
  });
});
