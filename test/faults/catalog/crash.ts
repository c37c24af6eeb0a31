import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { digestOf } from "../../../src/base/digest.ts";
import { type Run, Workspace } from "../../support/cli/workspace.ts";
import { seededBytes } from "../../support/fixtures.ts";
import type { RunningRegistry } from "../../support/registry/index.ts";
import { readTree } from "../../support/scratch.ts";
import type { FaultCase, FaultGroup } from "../fault-case.ts";
import type { World } from "../world.ts";

const size = 4 * 1024 * 1024;
const weights = Buffer.from(seededBytes(11, size));
const digest = digestOf(weights);
const anybody = { auth: { kind: "none" } } as const;

/** A directory with `weights.bin` in it, where the built mreg runs. */
async function workspace(world: World): Promise<Workspace> {
  const made = new Workspace({ directory: await world.directory() });
  writeFileSync(made.path("weights.bin"), weights);
  return made;
}

function succeeded(run: Run, what: string): Run {
  assert.equal(run.exitCode, 0, `${what}: ${run.stderr}`);
  return run;
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !condition(); await sleep(10))
    assert.ok(Date.now() < end, "it never came so far");
}

/** Starts mreg, and ends it the hard way when it has come so far. */
async function killed(at: Workspace, args: readonly string[], when: () => boolean): Promise<void> {
  const child = at.start(args);
  const end = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  await until(when);
  child.kill("SIGKILL");
  assert.equal(await end, "SIGKILL");
}

/** A file system with room for a quarter of the weights; where none can be made, a limit on the length of files. */
async function smallDisk(world: World): Promise<{ directory: string; limit: string; grow: () => void }> {
  const directory = join(await world.directory(), "disk");
  await mkdir(directory);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", directory], { stdio: "ignore" });
  } catch {
    return { directory, limit: "ulimit -f 2048; ", grow: () => {} };
  }
  world.finally(async () => execFileSync("umount", [directory]));
  const grow = () => execFileSync("mount", ["-o", "remount,size=64m", directory]);
  return { directory, limit: "", grow };
}

function expectWeights(path: string): void {
  assert.equal(digestOf(readFileSync(path)), digest, `${path} is not the weights`);
}

/** There is nothing beside them, such as the staging directory of a pull that was killed. */
function expectWeightsAlone(directory: string): void {
  assert.deepEqual(readdirSync(directory), ["weights.bin"]);
  expectWeights(join(directory, "weights.bin"));
}

/** Everything in the registry is what its digest says. */
function expectSound(server: RunningRegistry): void {
  const { blobs, manifests } = server.state.open("risk");
  for (const [name, bytes] of blobs) assert.equal(digestOf(bytes), name);
  for (const [name, { bytes }] of manifests) assert.equal(digestOf(bytes), name);
}

const cases: readonly FaultCase[] = [
  {
    id: "kill-push",
    title: "SIGKILL in the middle of a push, then the same push again",
    expected: "ok",
    how: "no version in between; the second run sends what is missing",
    requestsAtMost: 40,
    arrange: async (world) => {
      const [at, server] = [await workspace(world), await world.registry(anybody)];
      const args = ["push", `${server.host}/risk`, "weights.bin", "--concurrency", "1"];
      server.addFault({
        route: "upload.put",
        action: { kind: "interrupt", afterBytes: size / 2, outcome: "stall" },
        skip: 1,
      });
      return async () => {
        await killed(at, args, () => server.count("upload.put") === 2);
        assert.equal(server.state.open("risk").manifests.size, 0, "manifests after the kill");
        server.clearFaults();
        succeeded(await at.mreg(args), "second push");
        assert.deepEqual([...server.state.open("risk").tags.keys()].sort(), ["v1", "v1-experimental"]);
        assert.ok(server.state.open("risk").blobs.has(digest));
        expectSound(server);
      };
    },
  },
  {
    id: "kill-pull",
    title: "SIGKILL in the middle of a pull, then the same pull again",
    expected: "ok",
    how: "nothing under the final name in between; the second run removes what the first left",
    requestsAtMost: 60,
    arrange: async (world) => {
      const [at, server] = [await workspace(world), await world.registry(anybody)];
      const args = ["pull", `${server.host}/risk:v1`, "-o", "out"];
      succeeded(await at.mreg(["push", `${server.host}/risk`, "weights.bin"]), "push");
      const staging = at.path("out", ".mreg-pull");
      server.addFault({ route: "blob.get", action: { kind: "stall", afterBytes: size / 2 }, times: 2 });
      return async () => {
        await killed(at, args, () => existsSync(staging) && readdirSync(staging).length > 0);
        assert.deepEqual(readdirSync(at.path("out")), [".mreg-pull"]);
        server.clearFaults();
        succeeded(await at.mreg(args), "second pull");
        expectWeightsAlone(at.path("out"));
      };
    },
  },
  {
    id: "disk-full-pull",
    title: "the disk is full in the middle of a pull, then the same pull with room",
    expected: "ok",
    how: "exit 1 with what to do; nothing is left on the disk",
    requestsAtMost: 0,
    arrange: async (world) => {
      const [at, disk] = [await workspace(world), await smallDisk(world)];
      const env = { MREG_REGISTRY: "oci:./store" };
      succeeded(await at.mreg(["push", "risk", "weights.bin"], { env }), "push");
      const line = `mreg pull risk:v1 -o ${disk.directory}/out`;
      return async () => {
        const full = await at.shell(`${disk.limit}${line}`, { env });
        assert.equal(full.exitCode, 1, full.stderr);
        assert.match(full.stderr, /no space left|too large/);
        assert.match(full.stderr, /try: .*run the same command again/);
        assert.deepEqual(await readTree(disk.directory), {});
        disk.grow();
        succeeded(await at.shell(line, { env }), "second pull");
        expectWeights(join(disk.directory, "out", "weights.bin"));
      };
    },
  },
  {
    id: "disk-full-push",
    title: "the disk of a layout is full in the middle of a push, then the same push with room",
    expected: "ok",
    how: "no version in between, and no part of a blob under its digest",
    requestsAtMost: 0,
    arrange: async (world) => {
      const [at, disk] = [await workspace(world), await smallDisk(world)];
      const env = { MREG_REGISTRY: `oci:${disk.directory}/store` };
      return async () => {
        const full = await at.shell(`${disk.limit}mreg push risk weights.bin`, { env });
        assert.notEqual(full.exitCode, 0);
        const tree = await readTree(disk.directory);
        const blobs = Object.entries(tree).filter(([path]) => path.includes("/blobs/"));
        for (const [path, content] of blobs)
          assert.ok(path.endsWith(digestOf(Buffer.from(content, "latin1")).slice(7)), path);
        // Over its limit on a file's length a process is killed, and can clean nothing.
        if (disk.limit === "")
          assert.deepEqual(
            Object.keys(tree).filter((path) => path.endsWith(".tmp")),
            [],
          );
        disk.grow();
        succeeded(await at.mreg(["push", "risk", "weights.bin"], { env }), "second push");
        succeeded(await at.mreg(["pull", "risk:v1", "-o", "out"], { env }), "pull");
        expectWeights(at.path("out", "weights.bin"));
      };
    },
  },
  {
    id: "two-clients-one-layout",
    title: "two clients push to one layout at the same time",
    expected: "ok",
    how: "index.json changes under a lock: both versions are there",
    requestsAtMost: 0,
    arrange: async (world) => {
      const at = await workspace(world);
      writeFileSync(at.path("other.bin"), "other");
      const env = { MREG_REGISTRY: "oci:./store" };
      return async () => {
        const pushes = ["weights.bin", "other.bin"].map((file) => at.mreg(["push", "risk", file], { env }));
        for (const run of await Promise.all(pushes)) succeeded(run, "push");
        for (const version of ["v1", "v2"]) {
          succeeded(await at.mreg(["pull", `risk:${version}`, "-o", version], { env }), `pull of ${version}`);
        }
        const names = ["v1", "v2"].flatMap((version) => readdirSync(at.path(version)));
        assert.deepEqual(names.sort(), ["other.bin", "weights.bin"]);
      };
    },
  },
  {
    id: "two-pulls-one-directory",
    title: "two clients pull into one directory at the same time",
    expected: "ok",
    how: "one of them may fail; neither leaves a wrong file, and the next pull finds all well",
    requestsAtMost: 0,
    arrange: async (world) => {
      const at = await workspace(world);
      const env = { MREG_REGISTRY: "oci:./store" };
      succeeded(await at.mreg(["push", "risk", "weights.bin"], { env }), "push");
      const pull = () => at.mreg(["pull", "risk:v1", "-o", "out"], { env });
      return async () => {
        await Promise.all([pull(), pull()]);
        if (existsSync(at.path("out", "weights.bin"))) expectWeights(at.path("out", "weights.bin"));
        succeeded(await pull(), "third pull");
        expectWeightsAlone(at.path("out"));
      };
    },
  },
  {
    id: "debug-output",
    title: "a registry that repeats the password, and a user with --debug",
    expected: "ok",
    how: "exit 6; the password is in no output",
    requestsAtMost: 5,
    arrange: async (world) => {
      const at = await workspace(world);
      const password = "pw-debug-s3cret";
      // HEAD would have no body to repeat it in.
      const server = await world.registry({
        auth: { kind: "basic", username: "robot", password },
        noManifestHead: true,
      });
      const denied = { kind: "answer", status: 403, body: `no, robot:${password}` } as const;
      server.addFault({ route: "manifest.get", action: denied, times: Infinity });
      return async () => {
        const args = ["pull", `${server.host}/risk:v1`, "-o", "out", "-u", "robot", "--password-stdin", "--debug"];
        const run = await at.mreg(args, { input: `${password}\n` });
        assert.equal(run.exitCode, 6, run.stderr);
        for (const secret of [password, Buffer.from(`robot:${password}`).toString("base64")]) {
          assert.ok(!`${run.stdout}${run.stderr}`.includes(secret), run.stderr);
        }
      };
    },
  },
];

export const crash: FaultGroup = {
  title: "Crashes, disks and neighbours",
  about:
    "The built program as a process of its own. `ok` means that all that the case asserts on the way and at the end is true.",
  cases,
};
