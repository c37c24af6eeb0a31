import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { now } from "../../../test/support/evidence.ts";
import { rejectsWith } from "../../../test/support/expect.ts";
import { blobOf, pushArtifact, seededArtifact, seededBytes } from "../../../test/support/fixtures.ts";
import { randomBytesFrom, safetensors, tinyGguf, tinySafetensors } from "../../../test/support/models.ts";
import { digestHex } from "../../base/digest.ts";
import { readModel } from "../../model/read.ts";
import type { ModelView, ModelViewFile } from "../../model/view.ts";
import type { ReadOnlyTarget } from "../../oci/content.ts";
import { MemoryRegistry } from "../../stores/memory/index.ts";
import type { TestResult } from "../predicates/test-result.ts";
import { visitArchive } from "./archive-members.ts";
import { fileMagic } from "./file-magic.ts";
import { scanWeights } from "./scan-weights.ts";

type Files = Readonly<Record<string, Uint8Array>>;
type FileChanges = Readonly<Record<string, Partial<ModelViewFile>>>;

/** A model of these files in memory, as a reader sees it; `changes` replaces what the manifest says of a file. */
async function modelOf(files: Files, changes: FileChanges = {}) {
  const repository = new MemoryRegistry().repository("ml/risk");
  const layers = Object.entries(files).map(([path, bytes]) => {
    const { descriptor, open } = blobOf(bytes);
    return { descriptor: { ...descriptor, annotations: { "org.opencontainers.image.title": path } }, open };
  });
  const subject = await pushArtifact(repository, seededArtifact(1, { layers }));
  const view = await readModel(repository, subject);
  return { repository, view: { ...view, files: view.files.map((file) => ({ ...file, ...changes[file.path] })) } };
}

async function scan(files: Files, changes?: FileChanges): Promise<TestResult> {
  const { repository, view } = await modelOf(files, changes);
  return (await scanWeights(repository, view, { now })).predicate as unknown as TestResult;
}

const gguf = tinyGguf(randomBytesFrom(7));

/** Protocol 2, an import of os.system: what a scan must never let through under any name. */
const pickle = Buffer.from("\x80\x02cposix\nsystem\nq\x00X\x02\x00\x00\x00lsq\x01\x85q\x02Rq\x03.", "latin1");
/** The start of an archive that goes no further. */
const zip = Buffer.from("PK\x03\x04\x14\x00\x08\x08data.pkl", "latin1");

/** A valid safetensors file whose header has exactly this many bytes. */
function safetensorsWithHeader(bytes: number): Uint8Array {
  const empty = Buffer.byteLength(JSON.stringify({ __metadata__: { pad: "" } }));
  return safetensors({ __metadata__: { pad: "x".repeat(bytes - empty) } }, new Uint8Array());
}

async function tarOf(names: readonly string[]): Promise<Buffer> {
  const archive = pack();
  for (const name of names) archive.entry({ name }, name);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe("scanWeights", () => {
  it("passes safetensors and GGUF, naming each file with its layer's digest", async () => {
    const files = { "model.safetensors": tinySafetensors(1), "q/model.GGUF": gguf, "config.json": Buffer.from("{}") };
    const { view, repository } = await modelOf(files);
    const draft = await scanWeights(repository, view, { now });
    const digestOfFile = (path: string) => ({
      sha256: digestHex(view.files.find((file) => file.path === path)!.descriptor.digest),
    });
    expect(draft).toMatchObject({ kind: "scan", files: [] });
    expect(draft.predicate).toEqual({
      result: "PASSED",
      configuration: [{ name: "mreg-format-scan", annotations: { version: "3" } }],
      passedTests: ["safe:model.safetensors", "safe:q/model.GGUF"],
      failedTests: [],
      scannedFiles: [
        { path: "model.safetensors", digest: digestOfFile("model.safetensors") },
        { path: "q/model.GGUF", digest: digestOfFile("q/model.GGUF") },
      ],
      findings: [
        { path: "model.safetensors", verdict: "safe", detail: "safetensors, 8 tensors" },
        { path: "q/model.GGUF", verdict: "safe", detail: "gguf, 3 tensors" },
      ],
      notes: ["there is no licence file, and the manifest names no licence"],
      scannedAt: "2026-11-20T12:00:00Z",
    });
  });

  it.each<[string, string, Uint8Array, string]>([
    ["a pickle that runs a program", "pytorch_model.bin", pickle, "dangerous"],
    ["half a torch archive", "model.pt", zip, "unscannable"],
    ["ONNX", "model.onnx", Buffer.from([8, 7, 18]), "unscannable"],
    ["a file without an extension", "weights", Buffer.from("x"), "unscannable"],
    ["an empty file", "model.h5", new Uint8Array(), "unscannable"],
    ["a pickle named safetensors", "model.safetensors", pickle, "dangerous"],
    ["a zip named safetensors", "model.safetensors", zip, "dangerous"],
    ["a GGUF named safetensors", "model.safetensors", gguf, "dangerous"],
    ["a pickle named GGUF", "model.gguf", pickle, "dangerous"],
    ["a truncated header", "model.safetensors", tinySafetensors(1).subarray(0, 100), "dangerous"],
    ["bytes after the last tensor", "model.safetensors", Buffer.concat([tinySafetensors(1), pickle]), "dangerous"],
    ["noise named GGUF", "model.gguf", seededBytes(3, 4_000), "dangerous"],
    ["an empty safetensors file", "model.safetensors", new Uint8Array(), "dangerous"],
  ])("fails %s", async (_, path, bytes, verdict) => {
    const result = await scan({ [path]: bytes, "good.safetensors": tinySafetensors(1) });
    expect(result).toMatchObject({
      result: "FAILED",
      passedTests: ["safe:good.safetensors"],
      failedTests: [`${verdict}:${path}`],
    });
    const scanned = result.scannedFiles?.map((file) => file.path).sort();
    expect(scanned).toEqual(verdict === "unscannable" ? ["good.safetensors"] : ["good.safetensors", path].sort());
  });

  it("warns of a pickle that imports what is not known, and says where", async () => {
    const unknown = Buffer.from("\x80\x02cmy_package.models\nNet\n)R.", "latin1");
    const result = await scan({ "model.pkl": unknown, "list.pkl": Buffer.from("(l.") });
    expect(result).toMatchObject({
      result: "WARNED",
      passedTests: ["safe:list.pkl"],
      warnedTests: ["suspicious:model.pkl"],
      failedTests: [],
      scannedFiles: [{ path: "model.pkl" }, { path: "list.pkl" }],
    });
    expect(result["findings"]).toContainEqual({
      path: "model.pkl",
      verdict: "suspicious",
      detail: "pickle",
      findings: [
        {
          severity: "suspicious",
          reason: "imports what is not known to be harmless",
          global: "my_package.models.Net",
          opcode: "GLOBAL",
          offset: 2,
        },
      ],
    });
  });

  it("is not fooled by the kind that a manifest declares", async () => {
    const files = { "model.safetensors": tinySafetensors(1), "pytorch_model.bin": pickle };
    const result = await scan(files, { "pytorch_model.bin": { kind: "doc" } });
    expect(result.failedTests).toEqual(["dangerous:pytorch_model.bin"]);
  });

  it("looks at what a manifest declares as weights, whatever its name", async () => {
    const files = { "model.safetensors": tinySafetensors(1), "notes.txt": pickle };
    expect((await scan(files, { "notes.txt": { kind: "weight" } })).failedTests).toEqual(["dangerous:notes.txt"]);
    // As a text it is no better: it is judged as what it is.
    expect((await scan(files)).failedTests).toEqual(["dangerous:notes.txt"]);
    expect((await scan({ ...files, "notes.txt": Buffer.from("hello") })).result).toBe("PASSED");
  });

  it("does not pass a model without weights", async () => {
    expect(await scan({ "config.json": Buffer.from("{}") })).toMatchObject({
      result: "FAILED",
      failedTests: ["no-weights"],
      scannedFiles: [],
    });
  });

  it.each([
    ["passes an archive of other files", ["a.txt", "b/config.json"], "doc", []],
    ["finds weights inside an archive", ["a.txt", "b/model.bin"], "doc", ["unscannable:b/model.bin"]],
    [
      "judges the members of an archive of weights",
      ["a.safetensors", "b"],
      "weight",
      ["dangerous:a.safetensors", "unscannable:b"],
    ],
  ] as const)("%s", async (_, names, kind, failedTests) => {
    const files = { "model.safetensors": tinySafetensors(1), "files.tar": await tarOf(names) };
    expect((await scan(files, { "files.tar": { kind, archive: "tar" } })).failedTests).toEqual(failedTests);
  });

  it("fails an archive that is none", async () => {
    const files = { "model.safetensors": tinySafetensors(1), "files.tar": seededBytes(5, 2_048) };
    const result = await scan(files, { "files.tar": { kind: "doc", archive: "tar" } });
    expect(result.failedTests).toEqual(["unscannable:files.tar"]);
  });

  it.each([
    ["of a good file", tinySafetensors(1)],
    ["of a bad file", pickle],
  ])("gives no verdict when the last byte %s is not what the digest says", async (_, bytes) => {
    const { repository, view } = await modelOf({ "model.safetensors": bytes });
    const store = lying(repository, view);
    await rejectsWith(scanWeights(store, view, { now }), "DIGEST_MISMATCH");
  });

  it("gives no verdict on an archive whose bytes are not what the digest says", async () => {
    const tar = await tarOf(["a.txt"]);
    const { repository, view } = await modelOf({ "files.tar": tar }, { "files.tar": { kind: "doc", archive: "tar" } });
    await rejectsWith(scanWeights(lying(repository, view), view, { now }), "DIGEST_MISMATCH");
  });

  it("stops when told to", async () => {
    const { repository, view } = await modelOf({ "model.safetensors": tinySafetensors(1) });
    await expect(scanWeights(repository, view, { now, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});

/** A store whose first file ends with another byte than its digest was made of. */
function lying(repository: ReadOnlyTarget, view: ModelView): ReadOnlyTarget {
  const fetch: ReadOnlyTarget["fetch"] = async function* (target) {
    for await (const chunk of repository.fetch(target)) yield chunk;
    const { ContentError } = await import("../../base/errors.ts");
    throw new ContentError("DIGEST_MISMATCH", `${view.files[0]?.path} is another file`);
  };
  return { ...bound(repository), fetch };
}

function bound(repository: ReadOnlyTarget): ReadOnlyTarget {
  return {
    fetch: repository.fetch.bind(repository),
    fetchRange: repository.fetchRange.bind(repository),
    exists: repository.exists.bind(repository),
    resolve: repository.resolve.bind(repository),
  };
}

describe("fileMagic", () => {
  it.each<[string, readonly number[], string | undefined]>([
    ["protocol 2", [0x80, 2, 0x63], "a pickle"],
    ["protocol 4 with a frame", [0x80, 4, 0x95], "a pickle"],
    ["protocol 5", [0x80, 5, 0x28], "a pickle"],
    ["a length of 640 bytes", [0x80, 2, 0, 0, 0, 0, 0, 0], undefined],
    ["zip", [0x50, 0x4b, 3, 4], "a zip archive"],
    ["7z", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "a 7z archive"],
    ["gzip", [0x1f, 0x8b, 8], "gzip data"],
    ["HDF5", [0x89, 0x48, 0x44, 0x46], "HDF5"],
    ["NumPy", [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], "a NumPy array"],
    ["ELF", [0x7f, 0x45, 0x4c, 0x46], "an ELF program"],
    ["GGUF", [0x47, 0x47, 0x55, 0x46], "GGUF"],
    ["nothing", [], undefined],
    ["half of it", [0x50, 0x4b], undefined],
  ])("tells %s", (_, bytes, name) => {
    expect(fileMagic(Uint8Array.from(bytes))).toBe(name);
  });

  it.each([0x0280, 0x0380, 0x0480, 0x0580])(
    "does not take a safetensors header of %d bytes for a pickle",
    async (bytes) => {
      const file = safetensorsWithHeader(bytes);
      expect([...file.subarray(0, 2)]).toEqual([0x80, bytes >> 8]);
      expect((await scan({ "model.safetensors": file })).result).toBe("PASSED");
    },
  );
});

describe("visitArchive", () => {
  it("throws what the stream throws, not what the parser makes of it", async () => {
    const failing = async function* () {
      yield new Uint8Array(512);
      throw new RangeError("connection lost");
    };
    await expect(visitArchive(failing(), {}, async () => {})).rejects.toThrow("connection lost");
  });
});
