import { describe, expect, it } from "vitest";
import { evalSamples, inspectHeader } from "../../../test/support/eval/samples.ts";
import { draftOf, fileOf, now, refusedWith } from "../../../test/support/evidence.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { draftEvidence } from "../draft.ts";
import type { Eval } from "../predicates/eval.ts";
import { unpackEvaluation } from "./eval-archive.ts";

const read = async (name: string) => {
  const files = await Promise.all((evalSamples[name]?.files ?? []).map(unpackEvaluation));
  return draftEvidence("eval", { files, now }).predicate as unknown as Eval;
};
const one = (path: string, content: unknown) => draftOf("eval", path, content).predicate as unknown as Eval;

describe("Inspect AI", () => {
  it("reads an archive as it reads the JSON", async () => {
    const [archive, json] = [await read("Inspect AI, archive"), await read("Inspect AI, JSON")];
    expect({ ...archive, evidence: [] }).toEqual({ ...json, evidence: [] });
    expect(archive.evidence).toMatchObject([{ name: "log.eval", mediaType: "application/zip" }]);
    expect(archive).toMatchObject({
      evaluatedAt: "2026-10-21T15:20:14Z",
      startedAt: "2026-10-21T15:20:12Z",
      suite: { name: "capitals", version: "3" },
      results: [
        { metric: "accuracy", filter: "match", value: "0.6666666666666666", stderr: "0.33333333333333337", n: 3 },
      ],
      partial: false,
      dataset: { uri: "capitals" },
      harness: { name: "inspect_ai", version: "0.3.285" },
      seeds: { generation: "42" },
    });
  });

  const log = (changes: Record<string, unknown>, evaluation: Record<string, unknown> = {}) =>
    one("log.json", { ...inspectHeader, ...changes, eval: { ...inspectHeader.eval, ...evaluation } });
  const results = (changes: Record<string, unknown>) => ({ results: { ...inspectHeader.results, ...changes } });
  it.each<[string, Record<string, unknown>, Record<string, unknown>, boolean]>([
    ["an error", { status: "error" }, {}, true],
    ["a limit", {}, { config: { limit: 2 } }, true],
    ["a range", {}, { config: { limit: [0, 2] } }, true],
    ["a limit beyond the data", {}, { config: { limit: 3 } }, false],
    ["chosen samples", {}, { config: { sample_id: [1] } }, true],
    ["unfinished samples", results({ completed_samples: 2 }), {}, true],
    ["fewer samples than the data has", {}, { dataset: { samples: 4 } }, true],
    ["several epochs", results({ total_samples: 6, completed_samples: 6 }), { config: { epochs: 2 } }, false],
  ])("partial by %s", (_, changes, evaluation, partial) => {
    expect(log(changes, evaluation).partial).toBe(partial);
  });

  it("gives other arguments another suite version, whatever their order", () => {
    const version = (args: unknown) => log({}, { task_args_passed: args }).suite.version;
    expect(version({ a: 1, b: 2 })).toMatch(/^3-[0-9a-f]{12}$/);
    expect(version({ a: 1, b: 2 })).toBe(version({ b: 2, a: 1 }));
    expect(version({ a: 1, b: 3 })).not.toBe(version({ a: 1, b: 2 }));
  });

  it("keeps reducers of several epochs apart", () => {
    const [score] = inspectHeader.results.scores;
    const scores = [
      { ...score, reducer: "mean" },
      { ...score, reducer: "max" },
    ];
    const { results: found } = log(results({ scores, total_samples: 6, completed_samples: 6 }), {
      config: { epochs: 2 },
    });
    expect(found.map(({ filter }) => filter)).toEqual(["match/mean", "match/max"]);
  });

  it("refuses a log that its author took back, and paths as names of data", () => {
    refusedWith(() => log({ invalidated: true }), "EVIDENCE_INVALID", /invalidated/);
    expect(log({}, { dataset: { name: "data", location: "/home/ann/data.json", samples: 3 } }).dataset).toEqual({
      uri: "data",
    });
  });
});

describe("Inspect AI: archives", () => {
  const member = { name: "header.json", content: JSON.stringify(inspectHeader) };
  const open = (bytes: Uint8Array) => unpackEvaluation(fileOf("log.eval", bytes));
  it.each([
    ["stored", zipOf([member])],
    ["deflated", zipOf([{ ...member, deflated: true }])],
    ["zstandard", zipOf([{ ...member, zstandard: true }])],
  ])("opens one that is %s", async (_, bytes) => {
    expect(JSON.parse(Buffer.from((await open(bytes)).header ?? []).toString())).toEqual(inspectHeader);
  });

  const bomb = Buffer.alloc(11 * 1024 * 1024, " ");
  it.each([
    ["another archive", zipOf([{ name: "a", content: "b" }]), "FORMAT_UNKNOWN", /expected an .eval log/],
    ["an unfinished run", zipOf([{ name: "_journal/start.json", content: "{}" }]), "EVIDENCE_INCOMPLETE", /not ended/],
    ["two headers", zipOf([member, member]), "EVIDENCE_INVALID", /2 members of the name header.json/],
    ["another local name", zipOf([{ ...member, localName: "HEADER.json" }]), "EVIDENCE_INVALID", /local header/],
    ["a wrong checksum", zipOf([{ ...member, crc: 1 }]), "EVIDENCE_INVALID", /not what its length and checksum say/],
    ["encryption", zipOf([{ ...member, flags: 1 }]), "EVIDENCE_INVALID", /encrypted/],
    ["a bomb", zipOf([{ ...member, content: bomb, zstandard: true }]), "EVIDENCE_INVALID", /more than 10485760 bytes/],
    ["a truncated one", zipOf([member]).subarray(0, 300), "EVIDENCE_INVALID", /directory/],
  ] as const)("refuses %s", async (_, bytes, code, message) => {
    await expect(open(bytes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("refuses a member that inflates to more than it says", async () => {
    const bytes = zipOf([{ ...member, content: bomb, zstandard: true }]);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bomb.length);
    const said = Buffer.alloc(4);
    said.writeUInt32LE(100);
    for (let at = bytes.indexOf(length); at >= 0; at = bytes.indexOf(length)) said.copy(bytes, at);
    await expect(open(bytes)).rejects.toMatchObject({ code: "EVIDENCE_INVALID" });
  });

  it("says that an archive must be unpacked first", () => {
    refusedWith(() => one("log.eval", zipOf([member])), "FORMAT_UNKNOWN", /expected what unpackEvaluation makes of it/);
  });
});
