import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rmdir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { expect, test } from "vitest";
import { bytesOf, listOf, rejectsWith } from "../../../test/support/expect.ts";
import { pushArtifact, seededArtifact } from "../../../test/support/fixtures.ts";
import { layoutDirectory } from "../../../test/support/layout-directory.ts";
import { manifestSource } from "../../oci/pack.ts";

const script = resolve(import.meta.dirname, "../../../test/support/layout-writer.ts");

function startWriter(root: string, firstSeed: number, count: number): ChildProcess {
  const args = [script, root, String(firstSeed), String(count)];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

/** Waits for a writer to end well and gives what it printed. */
async function outputOf(writer: ChildProcess): Promise<string> {
  const output = bytesOf(writer.stdout as Readable);
  const [code] = await once(writer, "close");
  expect(code).toBe(0);
  return (await output).toString().trim();
}

test("three processes that push and tag at once lose nothing, and one of them wins the tag", async () => {
  await using layout = await layoutDirectory();
  const writers = [100, 200, 300].map((seed) => startWriter(layout.root, seed, 5));
  const outcomes = await Promise.all(writers.map(outputOf));
  expect(outcomes.toSorted()).toEqual(["lost", "lost", "won"]);
  const seeds = [100, 200, 300].flatMap((seed) => [0, 1, 2, 3, 4].map((n) => seed + n));
  for (const seed of seeds) {
    const { descriptor, raw } = seededArtifact(seed).manifest;
    expect((await layout.risk.resolve(`t${seed}`)).digest).toBe(descriptor.digest);
    expect((await bytesOf(layout.risk.fetch(descriptor))).equals(raw)).toBe(true);
  }
  expect((await listOf(layout.risk.tags())).toSorted()).toEqual([...seeds.map((seed) => `t${seed}`), "winner"]);
  const winner = [100, 200, 300][outcomes.indexOf("won")] as number;
  expect((await layout.risk.resolve("winner")).digest).toBe(seededArtifact(winner).manifest.descriptor.digest);
});

test("a process killed between content and index.json leaves a readable layout, and the push can be repeated", async () => {
  await using layout = await layoutDirectory();
  const before = await pushArtifact(layout.risk, seededArtifact(1));
  await layout.risk.tag(before, "v1");
  const { manifest, blobs } = seededArtifact(2);
  for (const blob of blobs) await layout.risk.push(blob);
  // The writer stores the manifest's bytes and then waits for this lock: exactly there it is killed.
  await mkdir(layout.path("index.json.lock"));
  const writer = startWriter(layout.root, 2, 0);
  while (!(await stat(layout.blobPath(manifest.descriptor.digest)).catch(() => undefined))) {
    await new Promise((next) => setTimeout(next, 5));
  }
  writer.kill("SIGKILL");
  await once(writer, "close");
  await rmdir(layout.path("index.json.lock"));
  expect(await listOf(layout.risk.tags())).toEqual(["v1"]);
  expect((await layout.risk.resolve("v1")).digest).toBe(before.digest);
  expect(await layout.risk.exists(manifest.descriptor)).toBe(false);
  await rejectsWith(layout.risk.resolve(manifest.descriptor.digest), "NOT_FOUND");
  await layout.risk.push(manifestSource(manifest));
  expect((await layout.risk.resolve(manifest.descriptor.digest)).digest).toBe(manifest.descriptor.digest);
});
