import { lstat, mkdir, readdir, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, test } from "vitest";
import { type ForeignLayer, pushForeign, titled } from "../../../test/support/artifacts.ts";
import { bytesOf, rejectsWith } from "../../../test/support/expect.ts";
import { writeTinyModel } from "../../../test/support/models.ts";
import { readTree, scratchDirectory, type Tree, writeTree } from "../../../test/support/scratch.ts";
import type { ByteStream } from "../../base/bytes.ts";
import { verified } from "../../base/digest.ts";
import type { TransferEvent } from "../../base/events.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { MemoryRegistry, type MemoryRepository } from "../../stores/memory/index.ts";
import { buildModel } from "../push/build.ts";
import { uploadModel } from "../push/upload.ts";
import { type PullOptions, pullModel } from "./pull.ts";

const newStore = () => new MemoryRegistry().repository("m");

/** Packs a tree and stores it. */
async function pushTree(tree: Tree, store: MemoryRepository): Promise<Descriptor> {
  const root = await scratchDirectory();
  await writeTree(root, tree);
  const artifact = await buildModel({ paths: [root], name: "m" });
  await uploadModel(store, artifact);
  return artifact.manifest.descriptor;
}

const outcomes = async (work: ReturnType<typeof pullModel>) => {
  return (await work).files.map(({ path, outcome }) => `${path} ${outcome}`);
};

/** Pulls layers that another program stored; the directory is empty before. */
async function pullForeign(layers: readonly ForeignLayer[], options?: PullOptions) {
  const store = newStore();
  const directory = join(await scratchDirectory(), "out");
  const target = await pushForeign(store, { layers });
  return { directory, work: pullModel(store, target, directory, options) };
}

/** The store with `fetch` replaced for blobs whose content is wanted by the test. */
function intercept(store: MemoryRepository, replace: (target: Descriptor) => ByteStream | undefined): MemoryRepository {
  const fetch = store.fetch.bind(store);
  store.fetch = (target, options) => replace(target) ?? fetch(target, options);
  return store;
}

test("pull: gives back the tree byte for byte, and nothing else", async () => {
  const [from, to] = [await scratchDirectory(), join(await scratchDirectory(), "new/directory")];
  await writeTinyModel(from, { seed: 5 });
  await writeTree(from, { "deep/er/empty.json": "", "deep/w.bin": "w" });
  const store = newStore();
  const artifact = await buildModel({ paths: [from], name: "m" });
  await uploadModel(store, artifact);
  const pulled = await pullModel(store, artifact.manifest.descriptor, to);
  expect(await readTree(to)).toEqual(await readTree(from));
  expect(pulled.directory).toBe(to);
  expect(pulled.files).toEqual(
    artifact.files.map(({ path, digest, size }) => ({ path, digest, size, outcome: "done", reused: 0 })),
  );
});

test("pull: no file of an archive has its name before all have", async () => {
  const store = newStore();
  const small = Array.from({ length: 260 }, (_, index) => [`c/${index}.json`, `${index}`] as const);
  const target = await pushTree(Object.fromEntries(small), store);
  const to = await scratchDirectory();
  const stop = new AbortController();
  const onEvent = (event: TransferEvent) => {
    if (event.type === "file" && event.path === "c/100.json") stop.abort(new Error("stopped"));
  };
  await expect(pullModel(store, target, to, { onEvent, signal: stop.signal })).rejects.toThrow("stopped");
  expect(await readdir(to)).toEqual([]);
  expect(await outcomes(pullModel(store, target, to))).toHaveLength(260);
});

test("pull: reads the files out of archives", async () => {
  const store = newStore();
  const small = Array.from({ length: 260 }, (_, index) => [`c/${index}.json`, `${index}`] as const);
  const tree = { ...Object.fromEntries(small), [`${"ü".repeat(70)}.json`]: "long", "empty.json": "", "w.bin": "w" };
  const target = await pushTree(tree, store);
  const to = await scratchDirectory();
  const pulled = await pullModel(store, target, to);
  expect(pulled.files).toHaveLength(263);
  expect(await readTree(to)).toEqual(tree);
  expect(new Set(await outcomes(pullModel(store, target, to)))).toEqual(
    new Set(Object.keys(tree).map((path) => `${path} present`)),
  );
  const some = join(await scratchDirectory(), "some");
  expect(await outcomes(pullModel(store, target, some, { include: ["c/7?.json"] }))).toHaveLength(10);
});

test("pull: an archive into directories of which some are there, with a file of it and others", async () => {
  const store = newStore();
  const files = Array.from({ length: 300 }, (_, index) => [`d${index % 7}/${index}.json`, `${index}`] as const);
  const target = await pushTree(Object.fromEntries(files), store);
  const to = await scratchDirectory();
  await writeTree(to, { "d3/3.json": "3", "d3/mine": "m", "d4/4.json": "4" });
  const seen = await outcomes(pullModel(store, target, to));
  expect(seen.filter((each) => each.endsWith(" present"))).toEqual(["d3/3.json present", "d4/4.json present"]);
  expect(await readTree(to)).toEqual({ ...Object.fromEntries(files), "d3/mine": "m" });
});

test("pull: tells what moves; the second time everything is present", async () => {
  const store = newStore();
  const target = await pushTree({ "a.json": "12345", "b.json": "12345" }, store);
  const to = await scratchDirectory();
  const run = async () => {
    const events: TransferEvent[] = [];
    await pullModel(store, target, to, { concurrency: 1, onEvent: (event) => events.push(event) });
    return events;
  };
  expect(await run()).toEqual([
    { type: "begin", phase: "pull", files: 2, bytes: 10 },
    { type: "bytes", phase: "pull", path: "a.json", bytes: 5 },
    { type: "file", phase: "pull", path: "a.json", outcome: "done" },
    { type: "bytes", phase: "pull", path: "b.json", bytes: 5 },
    { type: "file", phase: "pull", path: "b.json", outcome: "done" },
    { type: "end", phase: "pull" },
  ]);
  expect((await run()).map((event) => (event.type === "file" ? event.outcome : event.type))).toEqual([
    "begin",
    "present",
    "present",
    "end",
  ]);
});

describe("pull: selects", () => {
  const tree = { "config.json": "1", "onnx/config.json": "2", "README.md": "3", "w.bin": "4", "onnx/m.onnx": "5" };
  test.each<[PullOptions, readonly string[]]>([
    [{}, ["README.md", "config.json", "onnx/config.json", "onnx/m.onnx", "w.bin"]],
    [{ include: ["*.json"] }, ["config.json", "onnx/config.json"]],
    [{ include: ["onnx/*"] }, ["onnx/config.json", "onnx/m.onnx"]],
    [{ include: ["**/*.onnx", "README.md"] }, ["README.md", "onnx/m.onnx"]],
    [{ exclude: ["onnx/**", "*.md"] }, ["config.json", "w.bin"]],
    [{ include: ["*.json"], exclude: ["onnx/*"] }, ["config.json"]],
    [{ kinds: ["doc", "weight"] }, ["README.md", "onnx/m.onnx", "w.bin"]],
    [{ kinds: ["weight"], include: ["onnx/*"] }, ["onnx/m.onnx"]],
  ])("%j", async (options, expected) => {
    const store = newStore();
    const to = await scratchDirectory();
    await pullModel(store, await pushTree(tree, store), to, options);
    expect(Object.keys(await readTree(to)).sort()).toEqual(expected);
  });

  test("nothing is an error, and leaves no directory", async () => {
    const store = newStore();
    const to = join(await scratchDirectory(), "out");
    await rejectsWith(pullModel(store, await pushTree(tree, store), to, { include: ["*.pt"] }), "FILE_MISSING");
    expect(await readdir(join(to, ".."))).toEqual([]);
  });
});

describe("pull: files that are there", () => {
  const tree = { "a.json": "new", "b.json": "b" };

  test("with other content stop it before a byte is fetched", async () => {
    const store = newStore();
    const target = await pushTree(tree, store);
    const to = await scratchDirectory();
    await writeTree(to, { "a.json": "old" });
    const fetched: string[] = [];
    intercept(store, ({ mediaType }) => void fetched.push(mediaType));
    const error = await rejectsWith(pullModel(store, target, to), "ALREADY_EXISTS");
    expect(error.message).toContain("a.json");
    expect(fetched.filter((type) => type.endsWith(".raw"))).toEqual([]);
    expect(await readTree(to)).toEqual({ "a.json": "old" });
  });

  test("with other content are replaced when that is wanted; others stay", async () => {
    const store = newStore();
    const to = await scratchDirectory();
    await writeTree(to, { "a.json": "old", "mine.txt": "m" });
    // A link to a file with the right content is still not the file.
    await writeTree(to, { "mine.b": "b" });
    await symlink("mine.b", join(to, "b.json"));
    const target = await pushTree(tree, store);
    expect(await outcomes(pullModel(store, target, to, { overwrite: true }))).toEqual(["a.json done", "b.json done"]);
    expect(await readTree(to)).toEqual({ ...tree, "mine.txt": "m", "mine.b": "b" });
    expect((await lstat(join(to, "b.json"))).isFile()).toBe(true);
  });

  test("count as present when they are right, and are not touched", async () => {
    const store = newStore();
    const to = await scratchDirectory();
    await writeTree(to, { "a.json": "new" });
    expect(await outcomes(pullModel(store, await pushTree(tree, store), to))).toEqual([
      "a.json present",
      "b.json done",
    ]);
  });

  test("as a directory in a file's place, or the reverse, are never overwritten", async () => {
    const store = newStore();
    const target = await pushTree({ "a/b.json": "x", "c.json": "y" }, store);
    for (const tree of [{ a: "file" }, { "c.json/file": "x" }]) {
      const to = await scratchDirectory();
      await writeTree(to, tree);
      await rejectsWith(pullModel(store, target, to, { overwrite: true }), "ALREADY_EXISTS");
    }
  });
});

describe("pull: refuses to leave its directory", () => {
  test.each(["../evil", "/tmp/evil", "a/../../evil", "a\\b", "C:evil", "nul", "a\0b", ".mreg-pull/x", "x ", ""])(
    "path %j",
    async (path) => {
      const { directory, work } = await pullForeign([titled("good", "g"), titled(path, "evil")]);
      if (path === "") expect(await outcomes(work)).toEqual(["good done"]);
      else await rejectsWith(work, "PATH_ESCAPE");
      if (path !== "") expect(await readdir(join(directory, ".."))).toEqual([]);
    },
  );

  test("through a symlink that an earlier pull or anybody left", async () => {
    const store = newStore();
    const [to, outside] = [await scratchDirectory(), await scratchDirectory()];
    await mkdir(join(to, "a"));
    await symlink(outside, join(to, "a/link"));
    const target = await pushForeign(store, { layers: [titled("a/link/evil", "x")] });
    await rejectsWith(pullModel(store, target, to, { overwrite: true }), "PATH_ESCAPE");
    expect(await readdir(outside)).toEqual([]);
  });

  test("through a symlink under the staging directory's name", async () => {
    const store = newStore();
    const [to, outside] = [await scratchDirectory(), await scratchDirectory()];
    await writeTree(outside, { precious: "p" });
    await symlink(outside, join(to, ".mreg-pull"));
    const target = await pushForeign(store, { layers: [titled("a", "x")] });
    await pullModel(store, target, to);
    expect(await readTree(outside)).toEqual({ precious: "p" });
    expect(await readTree(to)).toEqual({ a: "x" });
  });

  test.each([
    ["equal", "x", "x"],
    ["equal without case", "Dir/X", "dir/x"],
    ["one inside the other", "x", "x/y"],
  ])("two paths, %s", async (_, one, other) => {
    const { work } = await pullForeign([titled(one, "1"), titled(other, "2")]);
    await rejectsWith(work, "CONFIG_INVALID");
  });
});

describe("pull: refuses archives", () => {
  const tarType = "application/vnd.cncf.model.code.v1.tar";
  type Entry = Parameters<ReturnType<typeof pack>["entry"]>[0];
  const tarOf = async (...entries: readonly Entry[]): Promise<Buffer> => {
    const archive = pack();
    for (const entry of entries) archive.entry(entry, entry.type === undefined ? "evil" : "");
    archive.finalize();
    return bytesOf(archive as unknown as ByteStream);
  };

  test.each<[what: string, entry: Entry, code: string]>([
    ["a path out of the directory", { name: "../evil" }, "PATH_ESCAPE"],
    ["an absolute path", { name: "/evil" }, "PATH_ESCAPE"],
    ["a symlink", { name: "evil", type: "symlink", linkname: "/etc" }, "PATH_ESCAPE"],
    ["a hard link", { name: "evil", type: "link", linkname: "good" }, "PATH_ESCAPE"],
    ["a device", { name: "evil", type: "character-device" }, "PATH_ESCAPE"],
    ["a path that another layer has", { name: "README.MD" }, "CONFIG_INVALID"],
  ])("with %s", async (_, entry, code) => {
    const content = await tarOf({ name: "good" }, entry);
    const { directory, work } = await pullForeign([{ content, mediaType: tarType }, titled("readme.md", "r")]);
    await rejectsWith(work, code);
    expect(await readdir(join(directory, ".."))).toEqual([]);
  });

  test("that are cut, or no tar at all", async () => {
    const whole = await tarOf({ name: "good" });
    for (const content of [whole.subarray(0, 514), Buffer.alloc(600, "x")]) {
      const { directory, work } = await pullForeign([{ content, mediaType: tarType }]);
      await rejectsWith(work, "CONFIG_INVALID");
      expect(await readdir(join(directory, ".."))).toEqual([]);
    }
  });

  test.each(["gzip", "zstd"])("that say they are compressed with %s and are not", async (name) => {
    const { directory, work } = await pullForeign([{ content: "no", mediaType: `${tarType}+${name}` }]);
    expect((await rejectsWith(work, "CONFIG_INVALID")).message).toContain(`tar+${name}`);
    expect(await readdir(join(directory, ".."))).toEqual([]);
  });

  test.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ])("compressed with %s: their files, and nothing beside them", async (name, compress) => {
    const content = compress(await tarOf({ name: "a/b.py" }, { name: "c.py" }));
    const { directory, work } = await pullForeign([{ content, mediaType: `${tarType}+${name}` }]);
    expect(await outcomes(work)).toEqual(["a/b.py done", "c.py done"]);
    expect((await readdir(directory)).sort()).toEqual(["a", "c.py"]);
  });

  test("not for a leading ./ or for directories", async () => {
    const content = await tarOf({ name: "./", type: "directory" }, { name: "./a/b.py" });
    const { work } = await pullForeign([{ content, mediaType: tarType }]);
    expect(await outcomes(work)).toEqual(["a/b.py done"]);
  });
});

describe("pull: interrupted", () => {
  const tree = { "a.json": "a", "b.json": "b".repeat(10), "c.json": "c" };
  const lengthOfB = 10;

  async function* broken(): ByteStream {
    yield Buffer.from("bb");
    throw new Error("connection lost");
  }

  test("by a lost connection: nothing under the file's name, the rest resumes", async () => {
    const store = newStore();
    const target = await pushTree(tree, store);
    const to = join(await scratchDirectory(), "out");
    let isBroken = true;
    intercept(store, ({ size }) => (isBroken && size === lengthOfB ? broken() : undefined));
    await expect(pullModel(store, target, to, { concurrency: 1 })).rejects.toThrow("connection lost");
    expect(await readTree(to)).toEqual({ "a.json": "a" });
    isBroken = false;
    expect(await outcomes(pullModel(store, target, to))).toEqual(["a.json present", "b.json done", "c.json done"]);
    expect(await readTree(to)).toEqual(tree);
  });

  test("by a signal between two chunks", async () => {
    const store = newStore();
    const target = await pushTree(tree, store);
    const to = join(await scratchDirectory(), "out");
    const abort = new AbortController();
    const onEvent = (event: TransferEvent) => {
      if (event.type === "bytes" && event.path === "b.json") abort.abort(new Error("Ctrl-C"));
    };
    await expect(pullModel(store, target, to, { concurrency: 1, signal: abort.signal, onEvent })).rejects.toThrow(
      "Ctrl-C",
    );
    expect(await readTree(to)).toEqual({ "a.json": "a" });
  });

  test("by a kill: what it left is cleaned by the next pull", async () => {
    const store = newStore();
    const to = await scratchDirectory();
    await writeTree(to, { ".mreg-pull/.b.json.0123456789ab.tmp": "bbb", ".mreg-pull/sub/x": "y" });
    await pullModel(store, await pushTree(tree, store), to);
    expect(await readTree(to)).toEqual(tree);
    expect(await readdir(to)).not.toContain(".mreg-pull");
  });

  test("by bytes that are not the promised ones: the error names the file, which does not appear", async () => {
    const store = newStore();
    const target = await pushTree(tree, store);
    async function* other(): ByteStream {
      yield Buffer.from("c".repeat(lengthOfB));
    }
    intercept(store, (wanted) => (wanted.size === lengthOfB ? verified(other(), wanted) : undefined));
    const to = join(await scratchDirectory(), "out");
    const error = await rejectsWith(pullModel(store, target, to, { concurrency: 1 }), "DIGEST_MISMATCH");
    expect(error.message).toMatch(/^b\.json: /);
    expect(await readTree(to)).toEqual({ "a.json": "a" });
  });
});

test("pull: files are not executable, whatever the artifact says", async () => {
  const metadata = '{"name":"run.sh","mode":511,"typeflag":0}';
  const layer = { content: "#!/bin/sh", mediaType: "application/vnd.cncf.model.code.v1.raw" };
  const { directory, work } = await pullForeign([
    { ...layer, annotations: { "org.cncf.model.file.metadata+json": metadata } },
  ]);
  await work;
  expect((await stat(join(directory, "run.sh"))).mode & 0o111).toBe(0);
});
