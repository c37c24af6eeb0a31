import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { scanContent } from "../../src/evidence/scan/content-scan.ts";
import { ScanContext } from "../../src/evidence/scan/context.ts";
import { ScanFindings } from "../../src/evidence/scan/verdict.ts";
import { inspectDirectory } from "../../src/model/index.ts";
import { bytesReader } from "../../src/model/weights/range-reader.ts";
import { need } from "./support/peers.ts";
import { runOk } from "./support/run.ts";

/** Weights as safetensors, NumPy, h5py and onnx write them, which mreg reads by structure alone. */
describe("weights", () => {
  const directory = mkdtempSync(join(tmpdir(), "mreg-weights-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("inspect tells every tensor that the libraries have written, and the scan finds nothing against them", async (context) => {
    const python = join(dirname(need(context, "numpy-config")), "python");
    await runOk(python, [join(import.meta.dirname, "support", "weights.py"), directory], { cwd: directory });
    const wanted = JSON.parse(readFileSync(join(directory, "index.json"), "utf8")) as Record<string, unknown>;
    const { weights } = await inspectDirectory(directory, { tensors: 1_000 });
    const told = weights.flatMap(({ path, list = [], problem }) => {
      const tensors = Object.fromEntries(list.map(({ name, dtype, shape }) => [name, [dtype, shape]]));
      return path in wanted ? [[path, problem ?? tensors] as const] : [];
    });
    expect(Object.fromEntries(told)).toEqual(wanted);

    const sizes = readdirSync(directory).map((path) => [path, readFileSync(join(directory, path)).byteLength] as const);
    const scanContextOfAll = new ScanContext(new Map(sizes));
    // Models in ONNX say what the files beside them hold, and so they come first.
    const paths = [...Object.keys(wanted).sort((a) => (a.endsWith(".onnx") ? -1 : 1)), "external.data"];
    for (const path of paths) {
      const findings = new ScanFindings();
      const read = bytesReader(readFileSync(join(directory, path)));
      await scanContent({ read, path, depth: 0, context: scanContextOfAll }, findings);
      expect([path, findings.verdict, findings.list]).toEqual([path, "safe", []]);
    }
  });
});
