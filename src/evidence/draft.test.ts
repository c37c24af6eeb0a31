import { describe, expect, it } from "vitest";
import { digestFull, draftOf, fileOf, now, refusedWith } from "../../test/support/evidence.ts";
import { digestHex, digestOf } from "../base/digest.ts";
import { checkDraft, draftEvidence } from "./draft.ts";
import type { EvidenceKind } from "./evidence-input.ts";
import { predicateTypes } from "./predicate-types.ts";

const sha256 = (text: string) => ({ sha256: digestHex(digestOf(Buffer.from(text))) });

describe("document", () => {
  it("notes its role and the digests that it names, sorted and once", () => {
    const text = `roll back to ${digestFull("b")}, or ${digestFull("a")}. Not ${digestFull("c")}0. ${digestFull("b")}`;
    expect(draftOf("document", "plan.md", text, { role: "rollback-plan" }).predicate).toEqual({
      role: "rollback-plan",
      document: { name: "plan.md", mediaType: "text/markdown", digest: sha256(text) },
      references: [digestFull("a"), digestFull("b")],
    });
  });

  it("takes any format", () => {
    const bytes = new Uint8Array([0xff, 0x00, 0x80]);
    const { files, predicate } = draftOf("document", "book.docx", bytes, { role: "runbook" });
    expect(files).toEqual([{ path: "book.docx", mediaType: "application/octet-stream", bytes }]);
    expect(predicate).not.toHaveProperty("references");
  });

  it("refuses a missing and an unknown role", () => {
    refusedWith(
      () => draftOf("document", "a.md", "x"),
      "EVIDENCE_INCOMPLETE",
      /no role, expected runbook, rollback-plan/,
    );
    refusedWith(() => draftOf("document", "a.md", "x", { role: "poem" }), "EVIDENCE_INVALID", /role is "poem"/);
  });
});

describe("scan", () => {
  const result = (changes: Record<string, unknown> = {}) => ({
    result: "PASSED",
    configuration: [{ name: "modelscan", annotations: { version: "0.8" } }],
    scannedFiles: [{ path: "model.pkl", digest: { sha256: "a".repeat(64) } }],
    severity: { high: 0 },
    ...changes,
  });

  it("takes an in-toto test result as it is and names the file", () => {
    const content = JSON.stringify(result());
    expect(draftOf("scan", "scan.json", content).predicate).toEqual({
      ...result(),
      evidence: [{ name: "scan.json", mediaType: "application/json", digest: sha256(content) }],
    });
  });

  it.each([
    ["no list of files", result({ scannedFiles: undefined }), "EVIDENCE_INCOMPLETE", /scan.json: .*which files/],
    ["another shape", { findings: [] }, "FORMAT_UNKNOWN", /expected JSON with result/],
    ["an unknown result", result({ result: "OK" }), "EVIDENCE_INVALID", /result/],
    [
      "a pass with failures",
      result({ failedTests: ["x"] }),
      "EVIDENCE_INVALID",
      /PASSED, but failedTests is not empty/,
    ],
    [
      "a malformed digest",
      result({ scannedFiles: [{ path: "a", digest: { sha256: "a" } }] }),
      "EVIDENCE_INVALID",
      /digest/,
    ],
    ["no tool", result({ configuration: [] }), "EVIDENCE_INVALID", /configuration/],
  ] as const)("refuses %s", (_, content, code, message) => {
    refusedWith(() => draftOf("scan", "scan.json", content), code, message);
  });
});

describe("files", () => {
  it("writes names in one Unicode form", () => {
    expect(draftOf("document", "cafe\u0301.md", "x", { role: "runbook" }).files[0]?.path).toBe("caf\u00e9.md");
  });

  it("attaches further files and names them in the statement", () => {
    const files = [fileOf("a/plan.md", "plan"), fileOf("b\\map.png", "map")];
    const draft = draftEvidence("document", { files, role: "runbook", now });
    expect(draft.files.map(({ path }) => path)).toEqual(["plan.md", "map.png"]);
    expect(draft.predicate["evidence"]).toEqual([
      { name: "map.png", mediaType: "application/octet-stream", digest: sha256("map") },
    ]);
  });

  it.each<[string, ReturnType<typeof fileOf>[], RegExp]>([
    ["no file", [], /no file was given/],
    ["an empty file", [fileOf("a.md", "")], /a.md: the file is empty/],
    ["two files of one name", [fileOf("a/x.md", "1"), fileOf("b/X.md", "2")], /two files of this name/],
    ["a directory", [fileOf("a/", "1")], /"" cannot be the name/],
    ["a name that leaves the directory", [fileOf("..", "1")], /cannot be the name/],
    ["a hidden name", [fileOf(".env", "1")], /cannot be the name/],
    ["a name with a line break", [fileOf("a\nb", "1")], /cannot be the name/],
    [
      "a file beyond the limit",
      [{ path: "a.md", bytes: new Uint8Array(10 * 1024 * 1024 + 1) }],
      /expected at most 10485760/,
    ],
  ])("refuses %s", (_, files, message) => {
    refusedWith(() => draftEvidence("document", { files, role: "runbook", now }), "EVIDENCE_INVALID", message);
  });

  it.each<EvidenceKind>(["eval", "lineage", "scan", "card"])(
    "%s: bytes that are no text are refused as evidence",
    (kind) => {
      for (const bytes of [new Uint8Array([0x7b, 0xff, 0x7d]), new Uint8Array([0xff, 0xfe, 0x00])]) {
        refusedWith(() => draftOf(kind, "x.json", bytes), "EVIDENCE_INVALID", /x.json: it is not/);
      }
    },
  );
});

it("checkDraft: says on one line what is wrong, each problem with its place", () => {
  const draft = { kind: "eval", predicateType: predicateTypes.eval, predicate: { suite: { name: 7 } }, files: [] };
  let message = "";
  try {
    checkDraft(draft as unknown as Parameters<typeof checkDraft>[0]);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toMatch(/^it makes no valid eval statement: .*suite\.name: Invalid input: expected string/);
  expect(message).not.toContain("\n");
});
