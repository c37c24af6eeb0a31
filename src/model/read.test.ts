import { describe, expect, test } from "vitest";
import { blob, type ForeignArtifact, pushForeign, titled } from "../../test/support/artifacts.ts";
import { rejectsWith } from "../../test/support/expect.ts";
import { indexOf } from "../../test/support/fixtures.ts";
import { manifestSource } from "../oci/pack.ts";
import { MemoryRegistry } from "../stores/memory/index.ts";
import { readModel } from "./read.ts";

const weightType = "application/vnd.cncf.model.weight.v1.raw";
const configType = "application/vnd.cncf.model.config.v1+json";

async function read(artifact: ForeignArtifact) {
  const store = new MemoryRegistry().repository("m");
  return readModel(store, await pushForeign(store, artifact));
}

const paths = async (artifact: ForeignArtifact) => {
  return (await read(artifact)).files.map(({ path, kind, archive }) => [path, kind, archive].filter(Boolean).join(" "));
};

describe("readModel: finds the path of a layer", () => {
  const filepath = { "org.cncf.model.filepath": "from/filepath.bin" };
  const metadata = { "org.cncf.model.file.metadata+json": '{"name":"from-metadata.bin","typeflag":48}' };
  const title = { "org.opencontainers.image.title": "from-title.bin" };
  test.each([
    ["filepath before all", { ...filepath, ...metadata, ...title }, "from/filepath.bin weight"],
    ["then the metadata", { ...metadata, ...title }, "from-metadata.bin weight"],
    ["then the title", title, "from-title.bin weight"],
    ["the old name of filepath", { "org.cnai.model.filepath": "old.bin" }, "old.bin weight"],
    [
      "the title when the metadata is broken",
      { "org.cncf.model.file.metadata+json": "{", ...title },
      "from-title.bin weight",
    ],
  ])("%s", async (_, annotations, expected) => {
    expect(await paths({ layers: [{ content: "x", mediaType: weightType, annotations }] })).toEqual([expected]);
  });

  test("a ModelPack layer without any is refused", async () => {
    await rejectsWith(read({ layers: [{ content: "x", mediaType: weightType }] }), "CONFIG_INVALID");
  });
});

test("readModel: trusts layer types before names, and calls archives so", async () => {
  const layer = (mediaType: string, path: string) => ({ mediaType, ...titled(path, path) });
  expect(
    await paths({
      layers: [
        layer("application/vnd.cncf.model.code.v1.raw", "a.json"),
        layer("application/vnd.cncf.model.weight.v1.tar+gzip", "b.tgz"),
        layer("application/vnd.other.thing", "c.md"),
        { content: "x", mediaType: "application/vnd.cnai.model.doc.v1.tar" },
      ],
    }),
  ).toEqual([
    "a.json code",
    "b.tgz weight tar+gzip",
    "c.md doc",
    expect.stringMatching(/^sha256:[0-9a-f]{64} doc tar$/),
  ]);
});

test("readModel: knows ModelPack by artifact type, by config or by layers", async () => {
  const layer = { ...titled("w.bin", "w"), mediaType: weightType };
  const config = blob(configType, '{"descriptor":{"name":"m"},"config":{"paramSize":"8B"},"modelfs":{},"extra":1}');
  const byArtifactType = await read({ artifactType: "application/vnd.cnai.model.manifest.v1+json", layers: [layer] });
  expect(byArtifactType).toMatchObject({ format: "modelpack" });
  expect(byArtifactType).not.toHaveProperty("config");
  const byConfig = await read({ config, layers: [titled("w.bin", "w")], annotations: { a: "b" } });
  expect(byConfig).toMatchObject({ format: "modelpack", annotations: { a: "b" } });
  expect(byConfig.config).toMatchObject({ descriptor: { name: "m" }, config: { paramSize: "8B" }, extra: 1 });
  expect(await read({ layers: [layer] })).toMatchObject({ format: "modelpack" });
});

test("readModel: of a plain ORAS artifact, layers with a title are files and the config is ignored", async () => {
  const artifact = {
    config: blob(`${configType}x`, "not JSON"),
    layers: [titled("a/w.bin", "w"), { content: "untitled" }],
  };
  const view = await read(artifact);
  expect(view).toMatchObject({ format: "oras", annotations: {} });
  expect(view.files).toMatchObject([{ path: "a/w.bin", kind: "weight" }]);
  const directory = {
    content: "gz",
    annotations: { ...titled("dir", "").annotations, "io.deis.oras.content.unpack": "true" },
  };
  expect(await paths({ layers: [directory] })).toEqual(["dir weight tar+gzip"]);
});

describe("readModel: what others pack", () => {
  const layer = (mediaType: string, annotations = {}) => ({ content: mediaType, mediaType, annotations });

  test("KitOps: an archive per entry, and a raw file by the Kitfile's path", async () => {
    const raw = blob("application/vnd.kitops.modelkit.model.v1.raw", "weights");
    const kitfile = { model: { name: "m", path: "./w.gguf", digest: raw.descriptor.digest, parts: [{ path: 1 }] } };
    const view = await read({
      config: blob("application/vnd.kitops.modelkit.config.v1+json", JSON.stringify(kitfile)),
      layers: [
        { content: "weights", mediaType: raw.descriptor.mediaType },
        layer("application/vnd.kitops.modelkit.code.v1.tar"),
        layer("application/vnd.kitops.modelkit.docs.v1.tar+gzip"),
        layer("application/vnd.kitops.modelkit.dataset.v1.tar+zstd"),
        layer("application/vnd.kitops.modelkit.signature"),
      ],
    });
    expect(view.format).toBe("kitops");
    expect(view.files.map(({ path, kind, archive }) => [path.replace(/:.*/, ""), kind, archive])).toEqual([
      ["w.gguf", "weight", undefined],
      ["sha256", "code", "tar"],
      ["sha256", "doc", "tar+gzip"],
      ["sha256", "dataset", "tar+zstd"],
    ]);
    const unnamed = { config: blob("application/vnd.kitops.modelkit.config.v1+json", "{}"), layers: [raw] };
    await rejectsWith(read({ ...unnamed, layers: [layer(raw.descriptor.mediaType)] }), "CONFIG_INVALID");
    await rejectsWith(
      read({ ...unnamed, config: blob("application/vnd.kitops.modelkit.config.v1+json", "{"), layers: [] }),
      "CONFIG_INVALID",
    );
  });

  test("Docker Model Runner: by types, numbered where there are several, or by paths", async () => {
    const config = blob("application/vnd.docker.ai.model.config.v0.1+json", "{}");
    const gguf = "application/vnd.docker.ai.gguf.v3";
    expect(
      await paths({
        config,
        layers: [
          layer(gguf),
          { content: "second", mediaType: gguf },
          layer("application/vnd.docker.ai.mmproj"),
          layer("application/vnd.docker.ai.license"),
          layer("application/vnd.docker.ai.vllm.config.tar"),
          layer("application/vnd.docker.ai.model.file", { "org.cncf.model.filepath": "a/b.txt" }),
          layer("application/vnd.docker.ai.unheard.of"),
        ],
      }),
    ).toEqual([
      "a/b.txt weight.config",
      "model-00001-of-00002.gguf weight",
      "model-00002-of-00002.gguf weight",
      "mmproj.gguf weight",
      "LICENSE doc",
      "vllm-config.tar weight.config tar",
    ]);
  });

  test("Ollama: by types; tensor by tensor is refused", async () => {
    const config = blob("application/vnd.docker.container.image.v1+json", "{}");
    const ollama = (type: string) => layer(`application/vnd.ollama.image.${type}`);
    expect(
      await paths({ config, layers: ["model", "projector", "template", "params", "license"].map(ollama) }),
    ).toEqual([
      "model.gguf weight",
      "mmproj.gguf weight",
      "template.txt weight.config",
      "params.json weight.config",
      "LICENSE doc",
    ]);
    await rejectsWith(read({ config, layers: ["tensor", "json"].map(ollama) }), "CONFIG_INVALID");
  });
});

test.each([
  "not JSON",
  "[]",
  '{"config":{"paramSize":8}}',
  '{"config":[]}',
  '{"descriptor":{"name":null}}',
  '{"descriptor":{"licenses":"MIT"}}',
  '{"descriptor":{"authors":[1]}}',
  '{"modelfs":{"diffIds":[{}]}}',
  '{"modelfs":{"type":1}}',
  '{"descriptor":{},"descriptor":{}}',
])("readModel: refuses the config %s", async (text) => {
  await rejectsWith(read({ config: blob(configType, text), layers: [titled("a", "a")] }), "CONFIG_INVALID");
});

test("readModel: refuses a config larger than any is, before reading it", async () => {
  const config = blob(configType, Buffer.alloc(10 * 1024 * 1024 + 1, " "));
  await rejectsWith(read({ config, layers: [titled("a", "a")] }), "LIMIT_EXCEEDED");
});

test("readModel: refuses an index", async () => {
  const store = new MemoryRegistry().repository("m");
  const index = indexOf([]);
  await store.push(manifestSource(index));
  await rejectsWith(readModel(store, index.descriptor), "INVALID_MANIFEST");
});
