import { chmod, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesOf, rejectsWith } from "../../../test/support/expect.ts";
import { safetensors, writeTinyGguf, writeTinyModel } from "../../../test/support/models.ts";
import { scratchDirectory, writeTree } from "../../../test/support/scratch.ts";
import type { TransferEvent } from "../../base/events.ts";
import type { ModelInput } from "../model-input.ts";
import { buildModel, type ModelArtifact } from "./build.ts";
import { fileSetDigest } from "./file-set.ts";

async function tinyModel(): Promise<string> {
  const directory = await scratchDirectory();
  await writeTinyModel(directory, { seed: 1 });
  return directory;
}

const titles = ({ manifest }: ModelArtifact) => {
  return manifest.value.layers.map(({ annotations }) => annotations?.["org.opencontainers.image.title"]);
};

const configOf = async (artifact: ModelArtifact) => JSON.parse((await bytesOf(artifact.config.open())).toString());

test("build: orders layers by kind and path, and annotates each the way every reader looks", async () => {
  const artifact = await buildModel({ paths: [await tinyModel()], name: "ml/tiny", owner: "risk" });
  expect(titles(artifact)).toEqual([
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "LICENSE",
    "README.md",
    "model.safetensors",
  ]);
  const { layers, config, artifactType } = artifact.manifest.value;
  expect(artifactType).toBe("application/vnd.cncf.model.manifest.v1+json");
  expect(config.mediaType).toBe("application/vnd.cncf.model.config.v1+json");
  expect(layers.at(-1)).toEqual({
    mediaType: "application/vnd.cncf.model.weight.v1.raw",
    digest: "sha256:a41c49473c05fe0bd3d928981c5a2b29a7db823cc0ba03ccf179d0cf680d7a83",
    size: 34552,
    annotations: {
      "org.opencontainers.image.title": "model.safetensors",
      "org.cncf.model.filepath": "model.safetensors",
      "org.cncf.model.file.metadata+json":
        '{"name":"model.safetensors","mode":420,"uid":0,"gid":0,"size":34552,"mtime":"1970-01-01T00:00:00Z","typeflag":0}',
      "org.cncf.model.file.mediatype.untested": "false",
    },
  });
  expect(layers[0]?.annotations?.["org.cncf.model.file.mediatype.untested"]).toBe("true");
});

test("build: fills the config from the weights' headers and config.json, and from nothing else", async () => {
  const artifact = await buildModel({ paths: [await tinyModel()], name: "ml/tiny" });
  expect(await configOf(artifact)).toEqual({
    descriptor: { family: "bert", name: "ml/tiny" },
    config: { architecture: "TinyBertModel", format: "safetensors", paramSize: "8.4K", precision: "float32" },
    modelfs: { type: "layers", diffIds: artifact.manifest.value.layers.map(({ digest }) => digest) },
  });
  expect(artifact.manifest.value.annotations).toEqual({
    "dev.mreg.name": "ml/tiny",
    "dev.mreg.file-set": artifact.fileSet,
  });
});

test("build: records what the caller says, and only that", async () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const artifact = await buildModel({
    paths: [await tinyModel()],
    name: "tiny",
    owner: "risk",
    version: "4",
    created: "2026-01-31T12:00:00Z",
    licenses: ["MIT", "Apache-2.0 OR BSD-3-Clause"],
    source: "https://example.com/code",
    revision: "abc",
    base: { name: "example/base", digest },
    annotations: { "com.example.ticket": "7", "org.opencontainers.image.revision": "overruled" },
    artifactType: "application/vnd.example.model.v1",
  });
  expect(artifact.manifest.value.artifactType).toBe("application/vnd.example.model.v1");
  expect(artifact.manifest.value.annotations).toEqual({
    "com.example.ticket": "7",
    "dev.mreg.file-set": artifact.fileSet,
    "dev.mreg.name": "tiny",
    "dev.mreg.owner": "risk",
    "org.opencontainers.image.base.digest": digest,
    "org.opencontainers.image.base.name": "example/base",
    "org.opencontainers.image.created": "2026-01-31T12:00:00Z",
    "org.opencontainers.image.licenses": "MIT AND (Apache-2.0 OR BSD-3-Clause)",
    "org.opencontainers.image.revision": "abc",
    "org.opencontainers.image.source": "https://example.com/code",
    "org.opencontainers.image.version": "4",
  });
  expect((await configOf(artifact)).descriptor).toEqual({
    createdAt: "2026-01-31T12:00:00Z",
    family: "bert",
    name: "tiny",
    version: "4",
    sourceURL: "https://example.com/code",
    revision: "abc",
    licenses: ["MIT", "Apache-2.0 OR BSD-3-Clause"],
  });
  expect(JSON.stringify(artifact.manifest.value.layers)).toContain('mtime\\":\\"2026-01-31T12:00:00Z');
});

test("build: modes, times and the order of creation do not change the digest; a byte does", async () => {
  const tree = { "b.bin": "2", "sub/c.json": "3", "a.json": "1", "README.md": "r" };
  const [one, two, three] = [await scratchDirectory(), await scratchDirectory(), await scratchDirectory()];
  await writeTree(one, tree);
  await writeTree(two, Object.fromEntries(Object.entries(tree).reverse()));
  await writeTree(three, { ...tree, "b.bin": "3" });
  for (const path of Object.keys(tree)) {
    await utimes(join(two, path), 1, 2);
    await chmod(join(two, path), 0o700);
  }
  const digests = [];
  for (const path of [one, two, three]) {
    digests.push((await buildModel({ paths: [path], name: "m" })).manifest.descriptor.digest);
  }
  expect(digests[1]).toBe(digests[0]);
  expect(digests[2]).not.toBe(digests[0]);
});

test("build: the file set does not depend on how files are packed, and is what sha256sum says", async () => {
  const root = await scratchDirectory();
  await writeTree(root, { "b.json": "b\n", "a/x.md": "x\n" });
  const { fileSet, files } = await buildModel({ paths: [root], name: "m" });
  // find * -type f -exec sha256sum {} + | LC_ALL=C sort | sha256sum
  expect(fileSet).toBe("sha256:4812549002c29788dfea8fbc3306db81d910cbb2a9a8a34e6f9c8ad903cd466d");
  expect(fileSetDigest(files)).toBe(fileSet);
});

test("build: globs make data sets of files", async () => {
  const root = await scratchDirectory();
  await writeTree(root, { "data/train.csv": "a", "w.bin": "w" });
  const { files } = await buildModel({ paths: [root], name: "m", datasets: ["data/**"] });
  expect(files.map(({ path, kind }) => [path, kind])).toEqual([
    ["data/train.csv", "dataset"],
    ["w.bin", "weight"],
  ]);
});

test("build: formats without a header are packed as untested", async () => {
  const root = await scratchDirectory();
  await writeTree(root, { "model.pt": "\x80\x02" });
  const { manifest, summary } = await buildModel({ paths: [root], name: "m" });
  expect(summary).toEqual({ format: "pt" });
  expect(manifest.value.layers[0]?.annotations?.["org.cncf.model.file.mediatype.untested"]).toBe("true");
});

test("build: reads GGUF", async () => {
  const path = join(await scratchDirectory(), "tiny.gguf");
  await writeTinyGguf(path, { seed: 1 });
  const { summary } = await buildModel({ paths: [path], name: "m" });
  expect(summary).toMatchObject({ format: "gguf", quantization: "Q8_0", architecture: "llama", paramSize: "2.1K" });
});

test("build: tells what it reads", async () => {
  const root = await scratchDirectory();
  await writeTree(root, { "a.json": "12345", "empty.json": "" });
  const events: TransferEvent[] = [];
  await buildModel({ paths: [root], name: "m" }, { concurrency: 1, onEvent: (event) => events.push(event) });
  expect(events).toEqual([
    { type: "begin", phase: "hash", files: 2, bytes: 5 },
    { type: "bytes", phase: "hash", path: "a.json", bytes: 5 },
    { type: "file", phase: "hash", path: "a.json", outcome: "done" },
    { type: "file", phase: "hash", path: "empty.json", outcome: "done" },
    { type: "end", phase: "hash" },
  ]);
});

describe("build: refuses", () => {
  test.each<[string, Partial<ModelInput>]>([
    ["an empty name", { name: "" }],
    ["a date that is not RFC 3339", { created: "2026-01-31" }],
    ["a date that does not exist", { created: "2026-13-31T12:00:00Z" }],
    ["an artifact type that is no media type", { artifactType: "model" }],
    ["annotations under mreg's own prefix", { annotations: { "dev.mreg.owner": "me" } }],
    ["an annotation without a key", { annotations: { "": "x" } }],
  ])("%s", async (_, input) => {
    await rejectsWith(buildModel({ paths: [await tinyModel()], name: "m", ...input }), "CONFIG_INVALID");
  });

  test.each([
    ["truncated", safetensors({ a: { dtype: "U8", shape: [4], data_offsets: [0, 4] } }, Buffer.alloc(3))],
    ["of 2^60 bytes", Buffer.from("0000000000000010", "hex")],
  ])("weights with a header %s, naming the file", async (_, bytes) => {
    const root = await tinyModel();
    await writeTree(root, { "sub/model.safetensors": bytes });
    const error = await rejectsWith(buildModel({ paths: [root], name: "m" }), "UNSAFE_FORMAT");
    expect(error.message).toMatch(/^sub\/model\.safetensors: /);
  });

  test("an index whose shards are not all there", async () => {
    const root = await tinyModel();
    const index = { metadata: {}, weight_map: { a: "model-00001-of-00002.safetensors" } };
    await writeTree(root, { "model.safetensors.index.json": JSON.stringify(index) });
    const error = await rejectsWith(buildModel({ paths: [root], name: "m" }), "FILE_MISSING");
    expect(error.message).toContain("model-00001-of-00002.safetensors");
  });
});

describe("build: above 256 files of a kind", () => {
  const many = Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`cfg/${index}.json`, `{"at":${index}}`]));
  const tree = { ...many, "big.json": "x".repeat(1024 * 1024), "README.md": "r", "w.bin": "w" };
  const build = async (extra = {}) => {
    const root = await scratchDirectory();
    await writeTree(root, { ...tree, ...extra });
    return { root, artifact: await buildModel({ paths: [root], name: "m" }) };
  };

  test("small ones share one tar, and large ones, other kinds and weights stay as they are", async () => {
    const { artifact } = await build();
    expect(titles(artifact)).toEqual(["big.json", "weight.config.files.tar", "README.md", "w.bin"]);
    expect(artifact.manifest.value.layers[1]?.mediaType).toBe("application/vnd.cncf.model.weight.config.v1.tar");
    expect(artifact.files).toHaveLength(260);
    expect((await configOf(artifact)).modelfs.diffIds).toEqual(artifact.layers.map((layer) => layer.descriptor.digest));
  });

  test("README and LICENSE at the root never hide in a tar, because registries show them", async () => {
    const docs = Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`docs/${index}.md`, "d"]));
    const { artifact } = await build({ ...docs, LICENSE: "l" });
    expect(titles(artifact)).toEqual(expect.arrayContaining(["LICENSE", "README.md", "doc.files.tar"]));
  });

  test("weights never travel in a tar, however small they are", async () => {
    const root = await scratchDirectory();
    await writeTree(root, Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`${index}.bin`, "w"])));
    expect((await buildModel({ paths: [root], name: "m" })).layers).toHaveLength(257);
  });

  test("the tar has the same bytes again, also from the middle, whatever the times of the files", async () => {
    const [one, two] = [await build(), await build()];
    await utimes(join(two.root, "cfg/0.json"), 1, 2);
    const [a, b] = [one.artifact.layers[1]!, two.artifact.layers[1]!];
    expect(b.descriptor).toEqual(a.descriptor);
    const whole = await bytesOf(a.open());
    expect(whole.byteLength).toBe(a.descriptor.size);
    expect((await bytesOf(b.open(1000))).equals(whole.subarray(1000))).toBe(true);
  });

  test("a file with the archive's name is refused", async () => {
    const root = await scratchDirectory();
    const names = Object.fromEntries(Object.keys(many).map((name) => [name, "{}"]));
    await writeTree(root, { ...names, "weight.config.files.tar": "not one" });
    await rejectsWith(buildModel({ paths: [root], name: "m" }), "CONFIG_INVALID");
  });
});
