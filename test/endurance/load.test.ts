import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PushResult } from "../../src/cli/results/push.ts";
import type { Registry } from "../../src/oci/content.ts";
import { LayoutRegistry } from "../../src/stores/layout/index.ts";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { attachInParallel, crowdSize } from "../support/cli/crowd.ts";
import { advance, projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { listOf } from "../support/expect.ts";
import { type RunningRegistry, startRegistry } from "../support/registry/index.ts";

/** 30 programs on the 2 cores of a busy machine take minutes to start alone. */
const timeout = 1_800_000;

let project: Workspace;
let registry: RunningRegistry;
afterEach(async () => {
  project.remove();
  await registry.close();
});

describe(`${crowdSize} processes that attach to one version at once`, () => {
  beforeEach(async () => {
    project = await projectAt("pushed");
    registry = await startRegistry({ referrers: "tag" });
  });

  async function expectAllFound(location: string, store: Registry): Promise<void> {
    const attached = await attachInParallel(project, location, "risk:v1");
    const repository = store.repository("risk");
    const found = await listOf(repository.referrers(await repository.resolve("v1")));
    expect(attached).toHaveLength(2 * crowdSize);
    expect(found.map(({ digest }) => digest).sort()).toEqual(attached.sort());
  }

  it("to the embedded store: all of them are found afterwards", { timeout }, async () => {
    await expectAllFound("oci:./store", new LayoutRegistry({ root: project.path("store") }));
  });

  it("to a registry without the referrers API: all of them are found afterwards", { timeout }, async () => {
    await advance(project, { from: "initialised", to: "pushed" }, registry.host);
    const remote = new RemoteRegistry({ host: registry.host });
    await expectAllFound(registry.host, remote);
    await remote.close();
  });
});

describe("8 processes that push one model at once", () => {
  const hosts = Array.from({ length: 8 }, (_, at) => `writer-${at}.example`);
  beforeEach(async () => {
    project = await projectAt("initialised");
    registry = await startRegistry();
  });

  it("to the embedded store: all of them succeed, with one version", { timeout }, async () => {
    const line = "--registry oci:./store --format json push risk model";
    const runs = await Promise.all(hosts.map(() => project.mreg(line.split(" "))));
    const results = runs.map((run) => PushResult.parse(JSON.parse(succeed(line, run).stdout)));
    expect(new Set(results.map(({ digest }) => digest)).size).toBe(1);
    expect(new Set(results.map(({ version }) => version))).toEqual(new Set(["v1"]));
  });

  it("to a registry: all of them succeed, with one version, and none sends a blob twice", { timeout }, async () => {
    const port = registry.host.split(":")[1] ?? "";
    // A name for each process, so that its requests can be told from the others'.
    const lines = hosts.map(
      (host) =>
        `--format json push risk model --registry ${host}:${port} --plain-http --resolve ${host}:${port}:127.0.0.1`,
    );
    const runs = await Promise.all(lines.map((line) => project.mreg(line.split(" "))));
    const results = runs.map((run, at) => PushResult.parse(JSON.parse(succeed(lines[at] ?? "", run).stdout)));
    expect(new Set(results.map(({ digest }) => digest)).size).toBe(1);
    expect(new Set(results.map(({ version }) => version))).toEqual(new Set(["v1"]));
    const uploads = registry.requests.flatMap(({ method, path, headers }) => {
      const digest = new URL(path, registry.url).searchParams.get("digest");
      return method === "PUT" && digest ? [`${headers["host"]} ${digest}`] : [];
    });
    expect(uploads.length).toBeGreaterThan(0);
    expect(uploads).toEqual([...new Set(uploads)]);
  });
});
