import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { projectAt, type Stage, succeed } from "../support/cli/project.ts";
import type { RunOptions, Workspace } from "../support/cli/workspace.ts";

const recorder = new URL("../support/cli/record-modules.ts", import.meta.url).href;
const projects: Workspace[] = [];
afterEach(() => {
  for (const project of projects.splice(0)) project.remove();
});

async function newProject(stage: Stage): Promise<Workspace> {
  const project = await projectAt(stage);
  projects.push(project);
  return project;
}

/** The packages and floors that a command loads, in the order of the alphabet. */
async function loadedBy(line: string, stage: Stage = "pushed"): Promise<readonly string[]> {
  const project = await newProject(stage);
  const file = project.path("modules.json");
  const env = { NODE_OPTIONS: `--import=${recorder}`, RECORD_MODULES: file };
  succeed(line, await project.mreg(line.split(" "), { env }));
  return JSON.parse(readFileSync(file, "utf8")) as readonly string[];
}

test("--version loads no package and no floor", async () => {
  expect(await loadedBy("--version")).toEqual(["cli"]);
});

test("list loads the parser of the command line, the layout and what knows of version tags", async () => {
  expect(await loadedBy("list")).toEqual(["base", "cli", "commander", "lifecycle", "oci", "stores", "trust"]);
});

for (const [line, stage] of [
  ["status", "pushed"],
  ["status", "serving"],
  ["push risk model --format json", "pushed"],
  ["pull risk:v1 -o out", "pushed"],
  ["inspect risk:v1", "pushed"],
] as const) {
  test(`${line} on a layout, ${stage}, loads no HTTP, no sigstore and no spinner`, async () => {
    const loaded = await loadedBy(line, stage);
    expect(loaded).toContain("stores");
    expect(loaded.filter((name) => /^(?:undici|ora|sigstore|@sigstore\/.*|@tufjs\/.*|tuf-js)$/.test(name))).toEqual([]);
  });
}

/** Lists with this environment, and tells which files of compiled code there are afterwards. */
async function list(project: Workspace, env: RunOptions["env"]): Promise<readonly string[]> {
  succeed("list", await project.mreg(["list"], env ? { env } : {}));
  const directory = project.path("cache", "mreg", "compile-cache");
  return existsSync(directory) ? readdirSync(directory, { recursive: true, encoding: "utf8" }) : [];
}

test("compiled code is kept in the user's cache directory, unless Node is told to keep none", async () => {
  const project = await newProject("pushed");
  const cache = { XDG_CACHE_HOME: project.path("cache") };
  expect(await list(project, { ...cache, NODE_DISABLE_COMPILE_CACHE: "1" })).toEqual([]);
  expect((await list(project, cache)).length).toBeGreaterThan(10);
});

test("a cache directory that is a file is no reason to fail", async () => {
  const project = await newProject("pushed");
  writeFileSync(project.path("cache"), "");
  expect(await list(project, { XDG_CACHE_HOME: project.path("cache") })).toEqual([]);
});
