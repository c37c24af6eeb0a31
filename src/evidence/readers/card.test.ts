import { describe, expect, it } from "vitest";
import { card as tinyCard } from "../../../scripts/tiny-model-texts.ts";
import { draftOf, refusedWith } from "../../../test/support/evidence.ts";
import { digestHex, digestOf } from "../../base/digest.ts";
import type { ModelCard } from "../predicates/model-card.ts";

const read = (content: string, path = "README.md") => draftOf("card", path, content).predicate as unknown as ModelCard;
const fieldsOf = (content: string, path?: string) => read(content, path).fields;

const complete = `---
intended_use: Scoring loan applications
limitations: English only
risk_class: High
license: apache-2.0
owners: [risk-team, alice@example.com]
training_data:
  - applications-2026
evaluation: see results.json
ethics: Reviewed by the board
language: no
---
# Risk
`;

describe("card", () => {
  it("reads front matter into the predicate and names the file by digest", () => {
    expect(read(complete)).toEqual({
      format: "hf-readme",
      card: {
        name: "README.md",
        mediaType: "text/markdown",
        digest: { sha256: digestHex(digestOf(Buffer.from(complete))) },
      },
      fields: {
        intendedUse: "Scoring loan applications",
        limitations: "English only",
        riskClass: "high",
        license: "apache-2.0",
        owners: ["risk-team", "alice@example.com"],
        trainingData: ["applications-2026"],
        evaluation: "see results.json",
        ethics: "Reviewed by the board",
        languages: ["no"],
      },
      completeness: { missing: [] },
    });
  });

  it("finds the card of the quickstart's model complete", () => {
    expect(read(tinyCard({ seed: 1, license: "Apache-2.0" })).completeness.missing).toEqual([]);
  });

  it("attaches the card as it is, under its bare name", () => {
    const draft = draftOf("card", "/home/someone/model/README.md", complete);
    expect(draft.files).toEqual([{ path: "README.md", mediaType: "text/markdown", bytes: Buffer.from(complete) }]);
    expect(JSON.stringify(draft.predicate)).not.toContain("someone");
  });

  it.each([
    ["a heading", "# Model\n## Intended use\nScoring.\n\nMore.\n## Other\nno", { intendedUse: "Scoring.\n\nMore." }],
    ["front matter before a heading", "---\nlimitations: A\n---\n## Limitations\nB", { limitations: "A" }],
    ["a heading where front matter is empty", "---\nlimitations:\n---\n## Limitations\nB", { limitations: "B" }],
    ["sections with their subsections", "## Ethics\nA\n### Detail\nB\n# End\nC", { ethics: "A\n### Detail\nB" }],
    ["bullets as a list", "## Owners\n\n- risk-team\n* bob\n", { owners: ["risk-team", "bob"] }],
    [
      "Hugging Face's names",
      "## Bias, Risks, and Limitations\nSome.\n## Uses\nAll.",
      { limitations: "Some.", intendedUse: "All." },
    ],
    [
      "CRLF and a byte order mark",
      "\uFEFF---\r\nlicense: mit\r\n---\r\n## Ethics\r\nFine.\r\n",
      { license: "mit", ethics: "Fine." },
    ],
    ["no heading inside code", "## Ethics\n```\n## Limitations\n```\nend", { ethics: "```\n## Limitations\n```\nend" }],
    [
      "no heading inside code that holds other fences",
      "## Ethics\n````md\n```\n```` x\n## Limitations\n````\nend",
      { ethics: "````md\n```\n```` x\n## Limitations\n````\nend" },
    ],
    ["headings after code", "## Ethics\n~~~\nx\n~~~\n## Limitations\nB", { ethics: "~~~\nx\n~~~", limitations: "B" }],
    ["no heading inside comments", "## Ethics\nA\n<!-- ## Limitations\nx -->\n", { ethics: "A" }],
    ["closing marks of headings", "## Ethics ##\nA", { ethics: "A" }],
    ["text in other scripts", "---\nlimitations: 仅供研究\n---", { limitations: "仅供研究" }],
  ])("reads %s", (_, content, fields) => {
    expect(fieldsOf(content)).toEqual(fields);
  });

  it.each(["[More Information Needed]", "TODO", "tbd.", "null", "~", "...", "<!-- explain -->"])(
    "counts %s as missing",
    (text) => {
      expect(fieldsOf(`---\nlicense: mit\n---\n## Ethics\n${text}\n`)).toEqual({ license: "mit" });
      expect(read(`---\nlicense: mit\nethics: "${text}"\n---`).completeness.missing).toEqual([
        "intendedUse",
        "limitations",
        "riskClass",
        "owners",
        "trainingData",
        "evaluation",
        ...(text.startsWith("<") ? [] : ["ethics"]),
      ]);
    },
  );

  it("reads JSON with camelCase fields", () => {
    const content = JSON.stringify({ intendedUse: "x", owners: "me", riskClass: "Low", other: 1 });
    expect(read(content, "card.json")).toMatchObject({
      format: "mreg-json",
      fields: { intendedUse: "x", owners: ["me"], riskClass: "low" },
    });
  });

  it.each([
    ["no field at all", "FORMAT_UNKNOWN", "# Just a title\ntext", /README.md: no field of a model card.*intendedUse/],
    ["a Markdown link at the start", "FORMAT_UNKNOWN", "[badge](x)", /no field of a model card/],
    ["endless front matter", "EVIDENCE_INVALID", "---\nlicense: mit\n", /front matter does not end/],
    ["duplicate keys", "EVIDENCE_INVALID", "---\nlicense: mit\nlicense: gpl\n---", /duplicate key "license"/],
    ["a list as front matter", "EVIDENCE_INVALID", "---\n- a\n---", /not a mapping/],
    ["nested YAML", "EVIDENCE_INVALID", `---\nethics: ${"[".repeat(40)}${"]".repeat(40)}\n---`, /nested deeper/],
    ["deeply nested YAML", "EVIDENCE_INVALID", `---\nethics: ${"[".repeat(50_000)}\n---`, /cannot be read/],
    ["an alias to its parent", "EVIDENCE_INVALID", "---\nethics: &a [*a]\n---", /nested deeper/],
    [
      "billion laughs",
      "EVIDENCE_INVALID",
      `---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n---`,
      /[Ee]xcessive alias/,
    ],
    ["too much YAML", "EVIDENCE_INVALID", `---\nethics: ${"x".repeat(300_000)}\n---`, /expected at most 262144/],
    ["a mapping for a text", "EVIDENCE_INVALID", "---\nethics: { a: b }\n---", /ethics holds an object/],
    [
      "a sentence for a risk class",
      "EVIDENCE_INVALID",
      "---\nrisk_class: high, we think\n---",
      /risk class is "high, we think", expected one word/,
    ],
    ["too long a text", "EVIDENCE_INVALID", `## Ethics\n${"x".repeat(70_000)}`, /ethics/],
    ["Latin-1 text", "EVIDENCE_INVALID", Buffer.from("caf\xe9", "latin1"), /not UTF-8/],
  ] as const)("refuses %s", (_, code, content, message) => {
    refusedWith(() => draftOf("card", "README.md", content), code, message);
  });
});
