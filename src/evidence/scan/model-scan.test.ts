import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { now } from "../../../test/support/evidence.ts";
import { blobOf, pushArtifact, seededArtifact } from "../../../test/support/fixtures.ts";
import { message, type ProtoField } from "../../../test/support/formats/protobuf.ts";
import { bundleOf } from "../../../test/support/formats/tensor-bundle.ts";
import { safetensors, tinySafetensors } from "../../../test/support/models.ts";
import { readModel } from "../../model/read.ts";
import type { ModelViewFile } from "../../model/view.ts";
import { MemoryRegistry } from "../../stores/memory/index.ts";
import type { TestResult } from "../predicates/test-result.ts";
import { scanWeights } from "./scan-weights.ts";
import type { ScanFinding } from "./verdict.ts";

type Files = Readonly<Record<string, Uint8Array | string>>;

interface Scanned extends TestResult {
  readonly findings: readonly {
    readonly path: string;
    readonly verdict: string;
    readonly detail: string;
    readonly findings?: readonly ScanFinding[];
  }[];
  readonly notes?: readonly string[];
}

/** Scans a model of these files. @param archives - those that are layers of many files. */
async function scan(files: Files, archives: Readonly<Record<string, ModelViewFile["archive"]>> = {}): Promise<Scanned> {
  const repository = new MemoryRegistry().repository("ml/risk");
  const layers = Object.entries(files).map(([path, content]) => {
    const { descriptor, open } = blobOf(Buffer.from(content));
    return { descriptor: { ...descriptor, annotations: { "org.opencontainers.image.title": path } }, open };
  });
  const view = await readModel(repository, await pushArtifact(repository, seededArtifact(1, { layers })));
  const marked = view.files.map((file) => {
    const archive = archives[file.path];
    return archive ? { ...file, archive } : file;
  });
  return (await scanWeights(repository, { ...view, files: marked }, { now })).predicate as unknown as Scanned;
}

const weights = { "model.safetensors": tinySafetensors(1) };

/** What was found in one file: the severity and the reason of each finding. */
function found({ findings }: Scanned, path: string): readonly string[] {
  const { findings: list = [] } = findings.find((file) => file.path === path) ?? {};
  return list.map(({ severity, reason }) => `${severity}: ${reason}`);
}

describe("files beside the weights", () => {
  it.each<[string, string, string, string, RegExp]>([
    [
      "code that loads with the model",
      "config.json",
      '{"auto_map":{"AutoModel":"modeling_x.Net"}}',
      "WARNED",
      /^suspicious: needs code .* modeling_x\.Net$/,
    ],
    [
      "a pipeline of its own",
      "model_index.json",
      '{"custom_pipelines":{"a":{"impl":"pipe.Mine"}}}',
      "WARNED",
      /pipe\.Mine/,
    ],
    [
      "code that MLflow loads",
      "MLmodel",
      "flavors:\n  python_function:\n    loader_module: my.loader\n    code: code\n",
      "WARNED",
      /my\.loader[\s\S]*: code$/,
    ],
    [
      "MLflow's own loader",
      "MLmodel",
      "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n",
      "PASSED",
      /^$/,
    ],
    [
      "a template that reaches Python",
      "tokenizer_config.json",
      '{"chat_template":"{{ x.__class__.__mro__ }}"}',
      "FAILED",
      /^dangerous: chat template: reaches Python/,
    ],
    [
      "one of several templates",
      "tokenizer_config.json",
      '{"chat_template":[{"name":"rag","template":"{% import \'x\' %}"}]}',
      "WARNED",
      /^suspicious: chat template rag: loads/,
    ],
    ["a template file", "chat_template.jinja", "{{ cycler['\\x5f\\x5finit'] }}", "FAILED", /escapes/],
    [
      "a token",
      "notes.yaml",
      `a: 1\ntoken: hf_${"a".repeat(34)}\n`,
      "WARNED",
      /^suspicious: holds a Hugging Face token in line 2: revoke it$/,
    ],
    ["a private key", "README.md", "-----BEGIN RSA PRIVATE KEY-----", "WARNED", /a private key in line 1/],
    ["a program under the name of a text", "README.md", "\x7fELF\x02\x01\x01", "FAILED", /^dangerous: an ELF program/],
    ["a pickle under the name of a text", "vocab.txt", "\x80\x02cposix\nsystem\n)R.", "FAILED", /^dangerous: imports/],
    ["a library", "libmodel.so", "\x7fELF\x02\x01\x01", "FAILED", /^dangerous: an ELF program/],
    ["code that nothing names", "modeling.py", "import os", "PASSED", /^note: program code/],
    ["a hidden file", ".netrc.json", "{}", "PASSED", /^note: a hidden file$/],
  ])("tells %s", async (...[, path, content, result, reason]) => {
    const scanned = await scan({ ...weights, [path]: Buffer.from(content, "latin1") });
    expect(scanned.result).toBe(result);
    expect(found(scanned, path).join("\n")).toMatch(reason);
  });

  it("says nothing of files in which nothing was found, and never what a secret is", async () => {
    const secret = `ghp_${"Z1".repeat(18)}`;
    const scanned = await scan({
      ...weights,
      LICENSE: "MIT",
      "config.json": '{"model_type":"bert"}',
      "a.json": secret,
    });
    expect(scanned.findings.map(({ path }) => path)).toEqual(["model.safetensors", "a.json"]);
    expect(JSON.stringify(scanned)).not.toContain("ghp_");
    expect(scanned.warnedTests).toEqual(["suspicious:a.json"]);
    expect(scanned.notes).toBeUndefined();
    expect((await scan(weights)).notes).toEqual([expect.stringContaining("no licence")]);
  });
});

describe("TensorFlow", () => {
  const graph = message([
    [1, 1],
    [2, [[2, [[1, [[2, "MatMul"]]]]]]],
  ]);
  const index = bundleOf({ variables: { a: { shape: [2], offset: 0 }, b: { shape: [3], offset: 8 } } });
  const files = { "saved_model.pb": graph, "variables/variables.index": index, "fingerprint.pb": message([[1, 5]]) };
  const shard = "variables/variables.data-00000-of-00001";

  it("passes a SavedModel when every byte of its variables is explained", async () => {
    const scanned = await scan({ ...files, [shard]: Buffer.alloc(20) });
    expect(scanned.result).toBe("PASSED");
    expect(scanned.findings.find(({ path }) => path === shard)?.detail).toBe("tensors of variables/variables.index");
    expect(scanned.scannedFiles?.map(({ path }) => path)).toContain(shard);
  });

  it("warns when a file of variables is not there, or holds more than they need", async () => {
    expect((await scan(files)).warnedTests).toEqual(["suspicious:variables/variables.index"]);
    const long = await scan({ ...files, [shard]: Buffer.alloc(20 * 1024 * 1024) });
    expect(found(long, shard)).toEqual([
      `suspicious: ${20 * 1024 * 1024 - 20} bytes belong to no tensor of variables/variables.index`,
    ]);
    const alone = await scan({ [shard]: Buffer.alloc(20) });
    expect(alone.failedTests).toEqual([`unscannable:${shard}`]);
  });

  it("finds Lambda layers in the notes of Keras", async () => {
    const notes = (name: string) =>
      message([
        [
          1,
          [
            [2, 0],
            [5, `{"class_name":"${name}"}`],
          ],
        ],
      ]);
    expect((await scan({ "keras_metadata.pb": notes("Dense") })).result).toBe("PASSED");
    expect((await scan({ "keras_metadata.pb": notes("Lambda") })).failedTests).toEqual(["dangerous:keras_metadata.pb"]);
  });
});

describe("ONNX", () => {
  const entry = (key: string, value: string): ProtoField => [
    13,
    [
      [1, key],
      [2, value],
    ],
  ];
  const model = (location: string, offset = "0", length = "8") =>
    message([
      [1, 10],
      [7, [[5, [[1, 2], [2, 1], entry("location", location), entry("offset", offset), entry("length", length)]]]],
    ]);

  it.each<[string, Files, string, string]>([
    ["there", { "w.data": Buffer.alloc(8) }, "PASSED", ""],
    ["not there", { ...weights }, "WARNED", 'suspicious: reads tensors from "w.data", which is not there'],
    [
      "shorter than it says",
      { "w.data": Buffer.alloc(4) },
      "FAILED",
      'dangerous: reads 8 bytes at 0 of "w.data", which has 4',
    ],
  ])("tells whether a file that it reads is %s", async (_, files, result, reason) => {
    const scanned = await scan({ "model.onnx": model("w.data"), ...files });
    expect(scanned.result).toBe(result);
    expect(found(scanned, "model.onnx").join()).toBe(reason);
  });

  it("judges the file itself, whatever the model says of it", async () => {
    const scanned = await scan({ "model.onnx": model("w.bin", "0", "23"), "w.bin": "cposix\nsystem\n(S'x'\ntR." });
    expect(scanned.failedTests).toEqual(["dangerous:w.bin"]);
  });
});

describe("archives", () => {
  it("are judged by their members, links among them", async () => {
    const archive = pack();
    archive.entry({ name: "a/config.json" }, '{"auto_map":{"AutoModel":"m.Net"}}');
    archive.entry({ name: "a/w.safetensors" }, Buffer.from(safetensors({}, new Uint8Array())));
    archive.entry({ name: "a/unknown" }, "?");
    archive.entry({ name: "a/link", type: "symlink", linkname: "../../etc/passwd" });
    archive.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of archive) chunks.push(chunk as Buffer);
    const { failedTests, warnedTests, passedTests, scannedFiles } = await scan(
      { "files.tar": Buffer.concat(chunks) },
      { "files.tar": "tar" },
    );
    expect([failedTests, warnedTests, passedTests]).toEqual([
      ["unscannable:a/unknown", "dangerous:a/link"],
      ["suspicious:a/config.json"],
      ["safe:a/w.safetensors"],
    ]);
    // The digest is the layer's, and one of its members is not covered.
    expect(scannedFiles).toEqual([]);
  });
});
