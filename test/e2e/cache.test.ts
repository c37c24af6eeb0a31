import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { digestHex, digestOf } from "../../src/base/digest.ts";
import { CacheListResult, CachePruneResult, CacheVerifyResult } from "../../src/cli/results/cache.ts";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { type RunningRegistry, startRegistry } from "../support/registry/index.ts";
import { readTree } from "../support/scratch.ts";

const projects: Workspace[] = [];
afterEach(() => {
  for (const project of projects.splice(0)) project.remove();
});

/** A project with a cache that holds these files, last used on these days. */
async function withEntries(entries: Readonly<Record<string, string>>) {
  const project = await projectAt("pushed");
  projects.push(project);
  const blobs = project.path("cache", "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  for (const [content, usedAt] of Object.entries(entries)) {
    const path = `${blobs}/${digestHex(digestOf(content))}`;
    writeFileSync(path, content);
    utimesSync(path, new Date(usedAt), new Date());
  }
  return { project, blobs };
}

async function run(project: Workspace, line: string): Promise<unknown> {
  const env = { MREG_CACHE_DIR: project.path("cache") };
  return JSON.parse(succeed(line, await project.mreg([...line.split(" "), "--format", "json"], { env })).stdout);
}

test("cache ls, prune and verify: a report first, deletion with --yes, wrong entries removed", async () => {
  const { project, blobs } = await withEntries({ old: "2020-01-01", new: "2100-01-01" });
  const listed = CacheListResult.parse(await run(project, "cache ls"));
  expect(listed.entries.map(({ digest, size }) => [digest, size])).toEqual([
    [digestOf("old"), 3],
    [digestOf("new"), 3],
  ]);
  const report = CachePruneResult.parse(await run(project, "cache prune --unused-for 30d"));
  expect(report).toMatchObject({ isRemoved: false, kept: { entries: 1, size: 3 } });
  expect(readdirSync(blobs)).toHaveLength(2);
  const pruned = CachePruneResult.parse(await run(project, "cache prune --unused-for 30d --yes"));
  expect(pruned.chosen.map(({ digest }) => digest)).toEqual([digestOf("old")]);
  expect(readdirSync(blobs)).toEqual([digestHex(digestOf("new"))]);
  writeFileSync(`${blobs}/${digestHex(digestOf("new"))}`, "NEW");
  expect(CacheVerifyResult.parse(await run(project, "cache verify")).removed).toEqual([digestOf("new")]);
  expect(readdirSync(blobs)).toEqual([]);
});

for (const [line, env, says] of [
  ["cache ls", {}, "set MREG_CACHE_DIR"],
  ["cache prune --yes", { MREG_CACHE_DIR: "cache" }, "--unused-for or --max-size"],
  ["cache ls", { MREG_CACHE_DIR: "cache", MREG_CACHE_LINKS: "soft" }, "expected clone or hard"],
] as const) {
  test(`${line} with ${JSON.stringify(env)} is a usage error`, async () => {
    const { project } = await withEntries({});
    const { exitCode, stderr } = await project.mreg(line.split(" "), { env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(says);
  });
}

describe("pull with a cache", () => {
  let project: Workspace;
  let registry: RunningRegistry;
  beforeEach(async () => {
    registry = await startRegistry();
    project = await projectAt("pushed", registry.host);
  });
  afterEach(async () => {
    project.remove();
    await registry.close();
  });

  /** Pulls into a new directory, and gives the files with how many bytes of blobs the registry was asked for. */
  async function pull(
    directory: string,
    { env = {}, how = "mreg" }: { env?: Readonly<Record<string, string>>; how?: "mreg" | "process" } = {},
  ) {
    const before = registry.bytesSent("blob.get");
    const line = ["--registry", registry.host, "pull", "risk:v1", "-o", directory];
    const run = await project[how](line, { env: { MREG_CACHE_DIR: project.path("cache"), ...env } });
    succeed("pull", run);
    return { files: await readTree(project.path(directory)), bytes: registry.bytesSent("blob.get") - before };
  }

  /** Paths of all entries. */
  const entries = () => {
    const blobs = project.path("cache", "blobs", "sha256");
    return readdirSync(blobs).map((name) => join(blobs, name));
  };

  test("the first pull fills it, the second fetches no file", async () => {
    const first = await pull("out-1");
    const second = await pull("out-2");
    expect(second.files).toEqual(first.files);
    expect(entries()).toHaveLength(new Set(Object.values(first.files)).size);
    // The model's config is no file, and is read each time.
    expect(second.bytes).toBeLessThan(2_000);
    expect(first.bytes).toBeGreaterThan(10 * second.bytes);
  });

  test("an entry that is wrong is fetched again, and every file is right", async () => {
    const first = await pull("out-1");
    for (const path of entries()) writeFileSync(path, readFileSync(path).fill(0));
    expect((await pull("out-2")).files).toEqual(first.files);
    expect((await pull("out-3")).bytes).toBeLessThan(2_000);
  });

  test("links planted in it are not followed, in place of entries and of its directories", async () => {
    const first = await pull("out-1");
    writeFileSync(project.path("outside"), "mine");
    for (const path of entries()) {
      rmSync(path);
      symlinkSync(project.path("outside"), path);
    }
    expect((await pull("out-2")).files).toEqual(first.files);
    mkdirSync(project.path("elsewhere"));
    rmSync(project.path("cache", "blobs"), { recursive: true });
    symlinkSync(project.path("elsewhere"), project.path("cache", "blobs"));
    expect((await pull("out-3")).files).toEqual(first.files);
    expect(readdirSync(project.path("elsewhere"))).toEqual([]);
    expect(readFileSync(project.path("outside"), "utf8")).toBe("mine");
  });

  test("four processes that pull at once through one empty cache all get the files", async () => {
    const pulls = await Promise.all([1, 2, 3, 4].map((at) => pull(`out-${at}`, { how: "process" })));
    for (const { files } of pulls) expect(files).toEqual(pulls[0]?.files);
    expect(readdirSync(project.path("cache", "tmp"))).toEqual([]);
  });

  test("with hard links a file is there once, and can only be read", async () => {
    const env = { MREG_CACHE_LINKS: "hard" };
    await pull("out-1", { env });
    const { files } = await pull("out-2", { env });
    for (const path of Object.keys(files)) {
      const [one, other] = [statSync(project.path("out-1", path)), statSync(project.path("out-2", path))];
      expect(other.ino).toBe(one.ino);
      expect(other.mode & 0o222).toBe(0);
    }
  });
});
