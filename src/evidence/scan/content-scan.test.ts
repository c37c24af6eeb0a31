import { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { type Hdf5Input, hdf5Of } from "../../../test/support/formats/hdf5.ts";
import { tfliteOf } from "../../../test/support/formats/tflite.ts";
import { safetensors } from "../../../test/support/models.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { bytesReader } from "../../model/weights/range-reader.ts";
import { scanContent } from "./content-scan.ts";
import { scanKerasConfig } from "./keras-scan.ts";
import { ScanFindings } from "./verdict.ts";
import { WorkBudget } from "./work-budget.ts";

async function judge(bytes: Uint8Array, path = "model.pkl") {
  const findings = new ScanFindings();
  const detail = await scanContent({ read: bytesReader(bytes), path, depth: 0 }, findings);
  return { verdict: findings.verdict, detail, list: findings.list };
}

const raw = (text: string) => Buffer.from(text, "latin1");
const system = "\x8c\x05posix\x8c\x06system\x93\x8c\x01x\x85R.";

const uint32 = (value: number) =>
  String.fromCharCode(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24);

/** What serializers write, and what attackers do; the corpus in test/peers has many more, judged by others as well. */
const pickles: readonly (readonly [name: string, pickle: string, verdict: string])[] = [
  ["a list of protocol 0", "(lp0\nI1\naF2.5\naI01\na.", "safe"],
  ["a list of protocol 4", "\x80\x04\x95\x07\0\0\0\0\0\0\0]\x94(K\x01Ne.", "safe"],
  ["GLOBAL", "cos\nsystem\n(S'x'\ntR.", "dangerous"],
  ["INST", "(S'x'\nios\nsystem\n.", "dangerous"],
  ["OBJ", "(cos\nsystem\nS'x'\no.", "dangerous"],
  ["STACK_GLOBAL", `\x80\x04${system}`, "dangerous"],
  ["names from the memo", "\x80\x04\x8c\x02os\x94\x8c\x06system\x9400h\x00h\x01\x93)R.", "dangerous"],
  [
    "names from a memo with other numbers",
    "\x80\x04\x8c\x02osq\x05\x8c\x06systemq\x0100h\x05h\x01\x93)R.",
    "dangerous",
  ],
  [
    "names from a memo that is filled backwards",
    "\x80\x04\x8c\x0bOrderedDictq\x03\x8c\x0bcollectionsq\x02\x8c\x02osq\x01\x8c\x06systemq\x000000h\x01h\x00\x93)R.",
    "dangerous",
  ],
  ["a module within a bad one", "cmultiprocessing.util\nanything\n.", "dangerous"],
  ["a name that is no text", "\x80\x04C\x02osC\x06system\x93)R.", "dangerous"],
  ["escapes in names", "\x80\x04V\\u006fs\nS'sys\\164em'\n\x93)R.", "dangerous"],
  ["a dotted name in a good module", "\x80\x04\x8c\x05torch\x8c\x09os.system\x93)R.", "dangerous"],
  ["a good class", "ccollections\nOrderedDict\n)R.", "safe"],
  ["a good class by a dotted name", "\x80\x04\x8c\x05torch\x8c\x0bTensor.load\x93)R.", "dangerous"],
  ["an unknown class", "cpackage\nModel\n)R.", "suspicious"],
  ["attributes of a class", "ccollections\nOrderedDict\n}U\x01aK\x01sb.", "dangerous"],
  ["a call of what a call returned", "ccollections\nOrderedDict\n)R)R.", "suspicious"],
  ["an extension", "\x80\x02\x82\x01.", "suspicious"],
  ["a second pickle", `N.\x80\x04${system}`, "dangerous"],
  ["a pickle behind junk", `N.\0\0\0\x80\x04${system}`, "dangerous"],
  ["junk behind STOP", "N.\0\0", "suspicious"],
  ["harm in front of a break", "cos\nsystem\n(S'x'\ntR\xff", "dangerous"],
  ["a break", "\x80\x04]\xff", "unscannable"],
  ["protocol 6", "\x80\x06N.", "unscannable"],
  ["STOP on an empty stack", ".", "unscannable"],
  ["APPENDS without a mark", "]e.", "unscannable"],
  ["a string longer than the file", "X\xff\xff\xff\xffabc.", "unscannable"],
  ["bytes of 2^63", "\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.", "unscannable"],
];

describe("scanContent", () => {
  it.each(pickles)("judges %s", async (_, pickle, verdict) => {
    expect((await judge(raw(pickle))).verdict).toBe(verdict);
  });

  it("judges by content where the name says nothing, and where it lies", async () => {
    const harm = raw(`\x80\x04${system}`);
    expect(await judge(harm, "weights")).toMatchObject({ verdict: "dangerous", detail: "pickle" });
    expect(await judge(gzipSync(harm), "weights.joblib")).toMatchObject({ verdict: "dangerous" });
    expect(await judge(deflateSync(harm), "weights.joblib")).toMatchObject({ detail: "pickle in zlib data" });
    expect(await judge(raw("#!/bin/sh\n"), "weights.bin")).toMatchObject({ verdict: "dangerous", detail: "a script" });
    expect(await judge(raw("7z\xbc\xaf\x27\x1c"), "weights.bin")).toMatchObject({ verdict: "unscannable" });
  });

  it("judges ONNX by the files and operators that it asks for", async () => {
    const graph = (location: string) => {
      const entry = `\x0a\x08location\x12${String.fromCharCode(location.length)}${location}`;
      const external = `\x6a${String.fromCharCode(entry.length)}${entry}`;
      const tensor = `\x2a${String.fromCharCode(external.length)}${external}`;
      return raw(`\x08\x0a\x3a${String.fromCharCode(tensor.length)}${tensor}`);
    };
    expect(await judge(graph("weights.bin"), "m.onnx")).toMatchObject({ verdict: "safe", detail: "onnx, 1 tensors" });
    expect(await judge(graph("../../etc/passwd"), "m.onnx")).toMatchObject({ verdict: "dangerous" });
    expect(await judge(graph("/etc/passwd"), "m.onnx")).toMatchObject({ verdict: "dangerous" });
    const foreign = raw("\x08\x0a\x42\x06\x0a\x04evil\x3a\0");
    expect(await judge(foreign, "m.onnx")).toMatchObject({ verdict: "suspicious" });
  });

  it("judges TensorFlow's graphs by their operations, in functions, too", async () => {
    const wrap = (number: number, inner: string) => `${String.fromCharCode(number * 8 + 2, inner.length)}${inner}`;
    const node = (name: string) => wrap(2, name);
    const saved = (name: string) =>
      raw(`\x08\x01${wrap(2, wrap(2, wrap(1, node("MatMul")) + wrap(2, wrap(1, wrap(3, node(name))))))}`);
    expect(await judge(saved("Relu"), "saved_model.pb")).toMatchObject({ verdict: "safe" });
    expect(await judge(saved("WriteFile"), "tf/saved_model.pb")).toMatchObject({ verdict: "dangerous" });
    expect(await judge(raw("\x08\x01"), "saved_model.pb")).toMatchObject({ verdict: "unscannable" });
  });

  it.each<[string, Hdf5Input, string, RegExp | undefined]>([
    ["layers of Keras", { attributes: { model_config: '{"class_name": "Dense"}' } }, "safe", undefined],
    ["a Lambda layer", { attributes: { model_config: '{"class_name": "Lambda"}' } }, "dangerous", /Lambda/],
    [
      "elements from another file",
      { datasets: { a: { shape: [1], external: ["/etc/passwd"] } } },
      "dangerous",
      /passwd/,
    ],
    ["a virtual dataset", { datasets: { a: { shape: [1], isVirtual: true } } }, "dangerous", /other files/],
    ["a member in another file", { externalLinks: { x: "../b.h5" } }, "dangerous", /b\.h5/],
    [
      "a filter that is a plugin",
      { datasets: { a: { shape: [1], filters: [1, 32_001] } } },
      "suspicious",
      /plugin 32001/,
    ],
    ["members that are not read", { hasHeap: true }, "unscannable", /heap/],
    ["a pickle of PyTables", { attributes: { x: "cos\nsystem\n(S'x'\ntR." } }, "dangerous", /runs code/],
    ["text that ends like a pickle", { attributes: { x: "A table of numbers." } }, "safe", undefined],
    ["objects of PyTables", { attributes: { PSEUDOATOM: "object" } }, "unscannable", /pickled objects/],
  ])("judges HDF5 with %s", async (_, input, verdict, reason) => {
    const { list, ...judged } = await judge(hdf5Of(input), "m.h5");
    expect(judged.verdict).toBe(verdict);
    if (reason) expect(list[0]?.reason).toMatch(reason);
  });

  it("judges TensorFlow Lite by its operators, and by what lies behind it", async () => {
    const model = (customOperators: readonly string[]) => tfliteOf({ tensors: [], customOperators });
    expect(await judge(model([]), "m.tflite")).toMatchObject({ verdict: "safe", detail: "tflite, 0 tensors" });
    expect(await judge(model(["FlexRelu", "TFLite_Detection_PostProcess"]))).toMatchObject({ verdict: "safe" });
    expect(await judge(model(["FlexWriteFile"]), "m")).toMatchObject({ verdict: "dangerous" });
    expect(await judge(model(["Mine"]), "m.tflite")).toMatchObject({ verdict: "suspicious" });
    const labels = zipOf([{ name: "labels.txt", content: "cat\ndog" }]);
    expect(await judge(Buffer.concat([model([]), labels]), "m.tflite")).toMatchObject({ verdict: "safe" });
    const harm = zipOf([{ name: "labels.txt", content: raw(`\x80\x04${system}`) }]);
    expect(await judge(Buffer.concat([model([]), harm]), "m.tflite")).toMatchObject({ verdict: "dangerous" });
  });

  it("finds a second format in a file that is valid in its own", async () => {
    const archive = zipOf([{ name: "data.pkl", content: raw(`\x80\x04${system}`) }]);
    const header = { a: { dtype: "U8", shape: [archive.length], data_offsets: [0, archive.length] } };
    expect((await judge(Buffer.from(safetensors(header, archive)), "m.safetensors")).list).toMatchObject([
      { severity: "dangerous", reason: "is a zip archive of 1 members, too" },
      { severity: "dangerous", global: "posix.system" },
    ]);
    // 54 40: a text of 64 bytes, which swallows the length and the beginning; V: a line, which swallows the rest.
    const harm = "\n0cposix\nsystem\n(S'x'\ntR.";
    const info = `"t":{"dtype":"U8","shape":[${harm.length}],"data_offsets":[0,${harm.length}]}}`;
    const text = `${'{"__metadata__":{"a":"'.padEnd(61, "x")}V"},${info}`.padEnd(0x4054);
    const polyglot = raw(`\x54\x40\0\0\0\0\0\0${text}${harm}`);
    expect((await judge(polyglot, "m.safetensors")).list).toMatchObject([
      { severity: "dangerous", reason: expect.stringContaining("is a pickle, too"), global: "posix.system" },
    ]);
  });

  it("judges the members of a tar archive", async () => {
    const harm = raw(`\x80\x04${system}`);
    const tar = async (entries: readonly (readonly [string, Buffer | string, string?])[]) => {
      const archive = pack();
      for (const [name, bytes, linkname] of entries) {
        if (linkname === undefined) archive.entry({ name }, Buffer.from(bytes));
        else archive.entry({ name, type: "symlink", linkname });
      }
      archive.finalize();
      const chunks: Buffer[] = [];
      for await (const chunk of archive) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    };
    const long = `${"d".repeat(120)}/${"f".repeat(120)}.pkl`;
    const good = await tar([
      ["config.yaml", "a: 1"],
      [long, raw("N.")],
    ]);
    expect(await judge(good, "m.nemo")).toMatchObject({ verdict: "safe", detail: "tar archive, 2 members" });
    const bad = await judge(
      await tar([
        ["config.yaml", "a: 1"],
        [long, harm],
      ]),
      "m.nemo",
    );
    expect(bad.list).toMatchObject([{ severity: "dangerous", member: long, global: "posix.system" }]);
    expect((await judge(await tar([["link", "", "/etc/passwd"]]), "m.nemo")).verdict).toBe("dangerous");
    expect((await judge(await tar([["../x.pkl", raw("N.")]]), "m.nemo")).verdict).toBe("suspicious");
    expect((await judge(Buffer.concat([good, harm]), "m.nemo")).verdict).toBe("suspicious");
    expect((await judge(good.subarray(0, -1024), "m.nemo")).verdict).toBe("unscannable");
    const forged = Buffer.from(good);
    forged[10] = 1;
    expect((await judge(forged, "m.nemo")).verdict).toBe("unscannable");
  });

  it("does not unfold an archive without end", async () => {
    const bomb = zipOf([{ name: "a", content: Buffer.alloc(1024 * 1024), deflated: true }]);
    const directory = bomb.subarray(bomb.length - 22 - 47, bomb.length - 22);
    const count = 40;
    const end = Buffer.from(bomb.subarray(-22));
    end.writeUInt16LE(count, 8);
    end.writeUInt16LE(count, 10);
    end.writeUInt32LE(directory.length * count, 12);
    const members = Array.from({ length: count }, () => directory);
    const bytes = Buffer.concat([bomb.subarray(0, -22 - 47), ...members, end]);
    const findings = new ScanFindings();
    const budget = new WorkBudget(bytes.length, 4 * 1024 * 1024);
    await scanContent({ read: bytesReader(bytes), path: "m.zip", depth: 0, budget }, findings);
    const { list } = findings;
    expect(list).toContainEqual(
      expect.objectContaining({ severity: "unscannable", reason: expect.stringContaining("bomb") }),
    );
  });

  it.each<[string, string, string]>([
    ["layers of Keras", '{"module": "keras.layers", "class_name": "Dense", "config": {"units": 3}}', "safe"],
    ["a Lambda layer", '{"layers": [{"module": "keras.layers", "class_name": "Lambda"}]}', "dangerous"],
    ["a function of a module", '{"module": "os", "class_name": "function", "config": "system"}', "dangerous"],
    ["a class of somebody", '{"module": "my_layers", "class_name": "Mine"}', "suspicious"],
    ["what is no JSON", "{", "unscannable"],
  ])("judges a configuration of %s", async (_, config, verdict) => {
    const findings = new ScanFindings();
    await scanKerasConfig(bytesReader(raw(config)), "config.json", findings);
    expect(findings.verdict).toBe(verdict);
  });

  it("keeps names from a file short and printable", async () => {
    const { list } = await judge(raw(`c${"m".repeat(900)}\nn\x1b[2J\n.`));
    expect(list[0]?.global).toHaveLength(201);
    expect((await judge(raw("cm\nn\x1b[2J\n."))).list[0]?.global).toBe("m.n\uFFFD[2J");
  });

  it("takes time and memory by the length of a file, not by what it claims", async () => {
    const outOfTurn = Array.from({ length: 110_000 }, (_, at) => `r${uint32(at * 2)}`).join("");
    const bombs = ["(".repeat(300_000), `]${"2".repeat(300_000)}`, `N${outOfTurn}.`];
    for (const bomb of bombs) expect((await judge(raw(bomb))).verdict).toBe("unscannable");
    const nested = Array.from({ length: 20 }).reduce<Buffer>((inner) => gzipSync(inner), raw("N."));
    expect((await judge(nested)).verdict).toBe("unscannable");
    expect((await judge(gzipSync(Buffer.alloc(80 * 1024 * 1024)))).verdict).toBe("unscannable");
  });

  it("judges a vocabulary of any length in the memory of a short one, and knows the names that come after it", async () => {
    const words = 12_000;
    const vocabulary = Array.from(
      { length: words },
      (_, at) => `X${uint32(900)}${String(at).padStart(900, "w")}\x94K\x01s`,
    ).join("");
    const names = (module: string, name: string) =>
      `\x8c${String.fromCharCode(module.length)}${module}\x94\x8c${String.fromCharCode(name.length)}${name}\x94\x930`;
    const again = `j${uint32(words)}j${uint32(words + 1)}\x93)R0.`;
    const judged = (module: string, name: string, end: string) =>
      judge(raw(`\x80\x04}${vocabulary}${names(module, name)}${end}`));
    // Other things are remembered before the names are needed again.
    const more = Array.from({ length: 20 }, (_, at) => `\x8c\x02${at + 10}\x940`).join("");
    expect((await judged("collections", "OrderedDict", more + again)).list).toEqual([]);
    expect((await judged("posix", "system", again)).verdict).toBe("dangerous");
    // A word that was not kept is no name that can be told.
    const word = `j${uint32(words - 9)}2\x930.`;
    expect((await judged("collections", "OrderedDict", word)).list).toMatchObject([
      { severity: "dangerous", reason: "imports something whose name cannot be told" },
    ]);
  });

  it("ends in a verdict for any bytes", async () => {
    const heads = ["", "\x80\x04", "\x93NUMPY\x01\x00", "PK\x03\x04", "GGUF\x03\0\0\0", "\x78\x9c", "\x1f\x8b\x08"].map(
      raw,
    );
    const names = fc.constantFrom("a", "a.pkl", "a.safetensors", "a.gguf", "a.npy", "a.pt");
    const bytes = fc
      .tuple(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 300 }))
      .map((all) => Buffer.concat(all));
    await fc.assert(
      fc.asyncProperty(bytes, names, async (content, name) => {
        const { verdict, detail } = await judge(content, name);
        expect(["safe", "suspicious", "dangerous", "unscannable"]).toContain(verdict);
        expect(detail).not.toBe("");
      }),
      { numRuns: 300 },
    );
  });

  it("never calls a harmful pickle safe for a cut or a flipped bit that leaves its import", async () => {
    const harm = raw(`\x80\x04${system}`);
    for (let end = 20; end < harm.length; end++) {
      expect((await judge(harm.subarray(0, end))).verdict, `cut at ${end}`).not.toBe("safe");
    }
    for (let bit = 0; bit < harm.length * 8; bit++) {
      const flipped = Buffer.from(harm);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect((await judge(flipped)).verdict, `bit ${bit}`).not.toBe("safe");
    }
  });
});
