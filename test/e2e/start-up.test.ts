import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { projectAt, type Stage, succeed } from "../support/cli/project.ts";
import type { RunOptions, Workspace } from "../support/cli/workspace.ts";
import { startRegistry } from "../support/registry/index.ts";

const recorder = new URL("../support/cli/record-modules.ts", import.meta.url).href;
const projects: Workspace[] = [];
afterEach(() => {
  for (const project of projects.splice(0)) project.remove();
});

async function newProject(stage: Stage, host?: string): Promise<Workspace> {
  const project = await projectAt(stage, host);
  projects.push(project);
  return project;
}

/** The built program as it is shipped, and as tsc makes it. */
const shipped = fileURLToPath(new URL("../../bin/mreg.js", import.meta.url));
const unbundled = fileURLToPath(new URL("../support/cli/unbundled.ts", import.meta.url));

interface Around {
  readonly stage?: Stage;
  readonly program?: string;
  /** The registry; the project's own layout where none is named. */
  readonly host?: string;
  /** Files of the project that are gone. */
  readonly without?: readonly string[];
}

/** The packages and floors that a command loads, in the order of the alphabet. */
async function loadedBy(
  line: string,
  { stage = "pushed", program = unbundled, host, without = [] }: Around = {},
): Promise<readonly string[]> {
  const { directory } = await newProject(stage, host);
  for (const name of without) rmSync(join(directory, name));
  const file = join(directory, "modules.json");
  const env = { PATH: process.env["PATH"], HOME: join(directory, ".home"), RECORD_MODULES: file };
  const args = [...line.split(" "), ...(host === undefined ? [] : ["--registry", host])];
  await promisify(execFile)(process.execPath, [`--import=${recorder}`, program, ...args], {
    cwd: directory,
    env,
  });
  return JSON.parse(readFileSync(file, "utf8")) as readonly string[];
}

test.each(["list", "status", "push risk model", "pull risk:v1 -o out"])(
  "the shipped %s loads no package",
  async (line) => {
    expect(await loadedBy(line, { program: shipped })).toEqual(["program"]);
  },
);

test("the shipped program finds the threads that hash large files", async () => {
  const project = await newProject("initialised");
  writeFileSync(project.path("large.bin"), Buffer.alloc(65 * 1024 * 1024));
  succeed("push", await project.process(["push", "large", "large.bin"]));
  succeed("pull", await project.process(["pull", "large:v1", "-o", "out"]));
  expect(statSync(project.path("out", "large.bin")).size).toBe(65 * 1024 * 1024);
});

test("--version loads no package and no floor", async () => {
  expect(await loadedBy("--version")).toEqual(["cli"]);
});

test("list loads the parser of the command line, the layout and what knows of version tags", async () => {
  expect(await loadedBy("list")).toEqual([
    "base",
    "cli",
    "commander",
    "lifecycle",
    "oci",
    "stores",
    "transfer",
    "trust",
  ]);
});

for (const [line, stage] of [
  ["status", "pushed"],
  ["status", "serving"],
  ["push risk model --format json", "pushed"],
  ["pull risk:v1 -o out", "pushed"],
  ["inspect risk:v1", "pushed"],
] as const) {
  test(`${line} on a layout, ${stage}, loads no HTTP, no sigstore and no spinner`, async () => {
    const loaded = await loadedBy(line, { stage });
    expect(loaded).toContain("stores");
    expect(loaded.filter((name) => /^(?:undici|ora|sigstore|@sigstore\/.*|@tufjs\/.*|tuf-js)$/.test(name))).toEqual([]);
  });
}

for (const [line, without] of [
  ["list", []],
  ["push risk model --format json", []],
  ["inspect risk:v1", []],
  // Where there is a policy, a pull reads it, to see what was revoked.
  ["pull risk:v1 -o out", ["mreg.yaml", "mreg.policy.yaml"]],
] as const) {
  test(`${line} over HTTP loads no zod`, async () => {
    const registry = await startRegistry();
    onTestFinished(() => registry.close());
    const loaded = await loadedBy(line, { host: registry.host, without });
    expect(loaded).toContain("undici");
    expect(loaded).not.toContain("zod");
  });
}

/** Lists with this environment, and tells which files of compiled code there are afterwards. */
async function list(project: Workspace, env: RunOptions["env"]): Promise<readonly string[]> {
  succeed("list", await project.process(["list"], env ? { env } : {}));
  const directory = project.path("cache", "mreg", "compile-cache");
  return existsSync(directory) ? readdirSync(directory, { recursive: true, encoding: "utf8" }) : [];
}

test("compiled code is kept in the user's cache directory, unless Node is told to keep none", async () => {
  const project = await newProject("pushed");
  const cache = { XDG_CACHE_HOME: project.path("cache") };
  expect(await list(project, { ...cache, NODE_DISABLE_COMPILE_CACHE: "1" })).toEqual([]);
  expect((await list(project, cache)).length).toBeGreaterThan(5);
});

// Commands that read a policy set a flag of V8 before they load it (cli/options/heap.ts), to take little memory with
// long histories: what they share with others, the layout above all, is compiled anew whenever the two take turns.
test.each(["list", "status"])("compiled code is found again: %s", async (command) => {
  const project = await newProject("pushed");
  const env = { XDG_CACHE_HOME: project.path("cache"), NODE_DEBUG_NATIVE: "COMPILE_CACHE" };
  await project.process([command], { env });
  const { stderr } = succeed(command, await project.process([command], { env }));
  const lines = stderr.split("\n").filter((line) => /was (?:accepted|rejected)/.test(line));
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.filter((line) => line.includes("was rejected"))).toEqual([]);
});

test("a cache directory that is a file is no reason to fail", async () => {
  const project = await newProject("pushed");
  writeFileSync(project.path("cache"), "");
  expect(await list(project, { XDG_CACHE_HOME: project.path("cache") })).toEqual([]);
});
