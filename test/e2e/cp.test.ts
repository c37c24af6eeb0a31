import { readFileSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { advance, projectAt } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { type RegistryOptions, type RunningRegistry, startRegistry } from "../support/registry/index.ts";

const schema = JSON.parse(readFileSync(new URL("../../schemas/cli/cp.json", import.meta.url), "utf8"));
const validate = new Ajv2020({ strict: false }).compile(schema);

let project: Workspace;
const registries: RunningRegistry[] = [];
afterEach(async () => {
  project.remove();
  for (const registry of registries.splice(0)) await registry.close();
});

async function start(options: RegistryOptions = {}): Promise<RunningRegistry> {
  const registry = await startRegistry(options);
  registries.push(registry);
  return registry;
}

/** Runs a line that must succeed, and gives its JSON. */
async function json(line: string) {
  const run = await project.mreg([...line.split(" "), "--format", "json"]);
  expect(run, run.stderr).toMatchObject({ exitCode: 0 });
  return JSON.parse(run.stdout);
}

async function cp(line: string) {
  const document = await json(`cp ${line}`);
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document;
}

/** All that a reader of a registry is told about the model. */
async function story(registry: string) {
  const status = await json(`--registry ${registry} status risk`);
  const { entries } = await json(`--registry ${registry} log risk`);
  const { state } = await json(`--registry ${registry} verify risk:v1 --state production`);
  return { models: status.models, entries, state };
}

describe("mreg cp -r", () => {
  beforeEach(async () => {
    project = await projectAt("serving");
  });

  it.each([
    ["a registry with the referrers API", { pageSize: 3 }],
    ["a registry with fallback tags that cannot be overwritten", { referrers: "tag", noDelete: true }],
  ] as const)("takes the embedded store to %s and back; the same story verifies everywhere", async (_name, options) => {
    const { host } = await start(options);
    const there = await cp(`-r risk ${host}/team/risk`);
    expect(there).toMatchObject({
      destination: `${host}/team/risk`,
      skipped: [],
      history: { records: 2, registry: `${host}/team`, name: "risk", leftOut: [] },
    });
    expect(there.tags.slice(-2)).toEqual(["mreg-log-000001", "mreg-log-000002"]);
    await cp(`-r ${host}/team/risk oci:./back/risk`);
    const original = await story("oci:./store");
    expect(original.models[0]).toMatchObject({ serving: "v1", anomalies: [] });
    expect(await story(`${host}/team`)).toEqual(original);
    expect(await story("oci:./back")).toEqual(original);
  });

  it("copies only what is new when it runs again", async () => {
    const { host } = await start();
    await cp(`-r risk ${host}/risk`);
    expect(await cp(`-r risk ${host}/risk`)).toMatchObject({ bytes: 0, tags: [], manifests: { copied: 0 } });
    await project.mreg(["attach", "risk:v1", "--type", "document", "--role", "runbook", "rollback.md"]);
    const more = await cp(`-r risk ${host}/risk`);
    expect(more).toMatchObject({ tags: [], manifests: { copied: 1 } });
  });

  it("refuses a destination with another history, with exit 7 and before it writes anything", async () => {
    const { host } = await start();
    const other = await projectAt("initialised");
    try {
      await advance(other, { from: "initialised", to: "staged" }, host);
      const before = registries[0]?.requests.length ?? 0;
      const run = await project.mreg(["cp", "-r", "risk", `${host}/risk`]);
      expect(run).toMatchObject({ exitCode: 7, stdout: "" });
      expect(run.stderr).toContain("their histories have parted; nothing was written");
      const methods = registries[0]?.requests.slice(before).map(({ method }) => method) ?? [];
      expect(new Set(methods)).toEqual(new Set(["GET", "HEAD"]));
    } finally {
      other.remove();
    }
  });

  it("refuses another name, says which one the records have, and writes nothing", async () => {
    const { host, requests } = await start();
    const run = await project.mreg(["cp", "-r", "risk", `${host}/team/credit`]);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toContain("expected a destination that ends in /risk");
    expect(requests).toEqual([]);
  });

  it.each([
    ["cp -r risk:v1 oci:./back/risk", "both ends are models"],
    ["cp -r risk oci:./store/risk", "are both"],
    ["cp risk:v1 oci:./back/risk@production", "never by copying"],
    ["cp risk:v1-production oci:./back/risk", "belongs to the history"],
    ["cp risk oci:./back/risk", "expected a version"],
  ])("%s is a usage error", async (line, reason) => {
    const run = await project.mreg(line.split(" "));
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toContain(reason);
  });

  it("finds what a killed copy left, and completes it", async () => {
    const { host } = await start();
    const child = project.start(["cp", "-r", "risk", `${host}/risk`, "--concurrency", "1"]);
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if ((registries[0]?.count("manifest.put") ?? 0) < 3) return;
        clearInterval(timer);
        child.kill("SIGKILL");
      }, 1);
      child.on("close", () => resolve());
    });
    await cp(`-r risk ${host}/risk`);
    expect(await story(host)).toEqual(await story("oci:./store"));
  });

  it("never shows the destination's password to the source", async () => {
    const source = await start({ auth: { kind: "basic", username: "ann", password: "source-secret" } });
    const destination = await start({ auth: { kind: "basic", username: "bob", password: "destination-secret" } });
    const run = await project.mreg(
      ["cp", "-r", `${source.host}/risk`, `${destination.host}/risk`, "-u", "bob", "--password-stdin"],
      { input: "destination-secret" },
    );
    expect(run.exitCode).toBe(6);
    const shown = source.requests.map(({ headers }) => headers["authorization"]);
    expect(shown.filter((header) => header !== undefined)).toEqual([]);
  });
});

describe("mreg cp", () => {
  beforeEach(async () => {
    project = await projectAt("serving");
  });

  it("copies one version under its tag, as a version in its first state", async () => {
    const { host } = await start();
    const result = await cp(`risk:v1 ${host}/team/credit`);
    expect(result).toMatchObject({ tags: ["v1"], manifests: { copied: 1 }, skipped: [] });
    const status = await json(`--registry ${host} status team/credit`);
    expect(status.models[0]).toMatchObject({ versions: [{ version: "v1", state: "experimental" }], anomalies: [] });
    expect(await project.mreg(["pull", result.destination, "-o", "copied"])).toMatchObject({ exitCode: 0 });
    const read = (directory: string) => readFileSync(project.path(directory, "model.safetensors"));
    expect(read("copied").equals(read("model"))).toBe(true);
  });

  it("takes what a state names, gives it another tag, and brings the attachments on request", async () => {
    const { host } = await start({ referrers: "tag" });
    const result = await cp(`risk@production ${host}/credit:stable --referrers`);
    expect(result.tags).toEqual(["stable"]);
    expect(result.manifests.copied).toBeGreaterThan(10);
    const verify = await project.mreg(["verify", `${host}/credit:stable`, "--key", "alice.pub"]);
    expect(verify, verify.stderr).toMatchObject({ exitCode: 0 });
  });

  it("never moves a version: exit 7", async () => {
    const { host } = await start();
    await cp(`risk:v1 ${host}/risk`);
    writeFileSync(project.path("model", "notes.md"), "more\n");
    await project.mreg(["push", "risk", "model"]);
    const run = await project.mreg(["cp", "risk:v2", `${host}/risk:v1`]);
    expect(run).toMatchObject({ exitCode: 7, stdout: "" });
  });

  it("mounts between repositories of one registry", async () => {
    const registry = await start();
    const { host } = registry;
    await cp(`risk:v1 ${host}/team/risk`);
    const puts = registry.count("upload.put");
    const result = await cp(`${host}/team/risk:v1 ${host}/prod/risk`);
    expect(result.blobs).toMatchObject({ copied: 0, present: 0 });
    expect(result.blobs.mounted).toBeGreaterThan(1);
    expect(registry.count("upload.put")).toBe(puts);
  });

  it("reads one password for both ends when they are one registry, and one for the source when asked", async () => {
    const { host } = await start({ auth: { kind: "basic", username: "ann", password: "secret" } });
    const login = ["-u", "ann", "--password-stdin"];
    const input = { input: "secret" };
    expect(await project.mreg(["cp", "risk:v1", `${host}/team/risk`, ...login], input)).toMatchObject({ exitCode: 0 });
    const next = ["cp", `${host}/team/risk:v1`, `${host}/prod/risk`, ...login];
    expect(await project.mreg(next, input)).toMatchObject({ exitCode: 0 });
    const home = ["cp", `${host}/prod/risk:v1`, "oci:./back/risk", "--from-username", "ann", "--from-password-stdin"];
    expect(await project.mreg(home, input)).toMatchObject({ exitCode: 0 });
    const both = await project.mreg([...home, "-u", "ann", "--password-stdin"], input);
    expect(both).toMatchObject({ exitCode: 2, stdout: "" });
  });

  it("ends as the side that failed would have ended: 5, 6 and 8", async () => {
    const { host } = await start({ auth: { kind: "basic", username: "ann", password: "x" } });
    expect(await project.mreg(["cp", "risk:v9", "oci:./back/risk"])).toMatchObject({ exitCode: 5 });
    const denied = await project.mreg(["cp", "risk:v1", `${host}/risk`, "--format", "json"]);
    expect(denied.exitCode).toBe(6);
    expect(JSON.parse(denied.stderr)).toMatchObject({ code: "COPY_FAILED", exitCode: 6 });
    expect(await project.mreg(["cp", "risk:v1", "127.0.0.1:1/risk"])).toMatchObject({ exitCode: 8 });
  });
});
