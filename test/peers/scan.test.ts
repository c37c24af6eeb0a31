import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { scanContent } from "../../src/evidence/scan/content-scan.ts";
import { ScanFindings, type ScanVerdict } from "../../src/evidence/scan/verdict.ts";
import { bytesReader } from "../../src/model/weights/range-reader.ts";
import { need } from "./support/peers.ts";
import { runOk } from "./support/run.ts";
import { type Difference, differences, type PeerVerdict, type Scanner } from "./support/scan-differences.ts";

/** mreg beside picklescan, modelscan and fickling, on what serializers write and on what got around scanners. */
describe("scan", () => {
  const directory = mkdtempSync(join(tmpdir(), "mreg-scan-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const support = (name: string) => join(import.meta.dirname, "support", name);
  const judge = async (path: string) => {
    const findings = new ScanFindings();
    await scanContent({ read: bytesReader(readFileSync(join(directory, path))), path, depth: 0 }, findings);
    return findings.verdict;
  };

  test("judges every file of the corpus as it must, and every other scanner agrees or is known not to", async (context) => {
    const python = join(dirname(need(context, "fickling")), "python");
    await runOk(python, [support("pickle-corpus.py"), directory], { cwd: directory });
    const wanted = JSON.parse(readFileSync(join(directory, "index.json"), "utf8")) as Record<string, ScanVerdict>;
    const verdicts: Record<string, ScanVerdict> = {};
    for (const path of Object.keys(wanted)) verdicts[path] = await judge(path);
    expect(verdicts).toEqual(wanted);

    const stdout = await runOk(python, [support("pickle-verdicts.py"), directory], { cwd: directory });
    const peers = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, Record<Scanner, PeerVerdict>>;
    const unexplained: string[] = [];
    const stale = new Set(differences);
    for (const [path, said] of Object.entries(peers)) {
      for (const [scanner, says] of Object.entries(said) as [Scanner, PeerVerdict][]) {
        if (says === verdicts[path]) continue;
        const entry = differences.find((one) => matches(one, { scanner, says, mreg: wanted[path], path }));
        if (entry) stale.delete(entry);
        else unexplained.push(`${path}: mreg ${wanted[path]}, ${scanner} ${says}`);
      }
    }
    expect(unexplained).toEqual([]);
    expect([...stale]).toEqual([]);
    for (const { scanner, says, mreg, files } of differences) {
      for (const path of files instanceof RegExp ? [] : files) {
        expect([path, wanted[path], peers[path]?.[scanner]]).toEqual([path, mreg, says]);
      }
    }
  });
});

interface Seen {
  readonly scanner: Scanner;
  readonly says: PeerVerdict;
  readonly mreg: ScanVerdict | undefined;
  readonly path: string;
}

function matches({ scanner, says, mreg, files }: Difference, seen: Seen): boolean {
  const isNamed = files instanceof RegExp ? files.test(seen.path) : files.includes(seen.path);
  return isNamed && scanner === seen.scanner && says === seen.says && mreg === seen.mreg;
}
