import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeTinyModel } from "../../scripts/tiny-model.ts";
import { fileOf, refusedWith } from "../../test/support/evidence.ts";
import { inspectDirectory } from "../model/index.ts";
import { lintCard } from "./card-lint.ts";
import { cardFacts, cardTemplate } from "./card-template.ts";

const lint = (content: unknown, path = "README.md") => lintCard(fileOf(path, content));
const linesOf = (content: unknown, path?: string) =>
  lint(content, path).fields.map(({ field, status, line }) => [field, status, ...(line === undefined ? [] : [line])]);

describe("card lint", () => {
  it("says for each field what it finds, and on which line", () => {
    const text = [
      "---", // 1
      "license: apache-2.0",
      "risk_class: TODO",
      "owners:", // 4
      "  - risk-team",
      "---",
      "# Model", // 7
      "<!-- a comment",
      "of two lines -->",
      "## Intended use", // 10
      "Scoring.",
      "",
      "## Limitations", // 13
      "[More Information Needed]",
    ].join("\r\n");
    expect(linesOf(text)).toEqual([
      ["intendedUse", "filled", 10],
      ["limitations", "placeholder", 13],
      ["riskClass", "placeholder", 3],
      ["license", "filled", 2],
      ["owners", "filled", 4],
      ["trainingData", "missing"],
      ["evaluation", "missing"],
      ["ethics", "missing"],
    ]);
    expect(lint(text).filled).toBe(3);
    expect(lint(text).fields.at(-1)?.message).toBe(
      'is missing, expected ethics in the front matter, or a heading "ethics"',
    );
  });

  it("names an invalid field and its line instead of failing", () => {
    const [, , risk] = lint("---\nlicense: mit\nrisk_class: high or low\n---\n").fields;
    expect(risk).toEqual({
      field: "riskClass",
      status: "invalid",
      line: 3,
      message: 'its risk class is "high or low", expected one word such as minimal, limited or high',
    });
  });

  it("finds lines in JSON", () => {
    const text =
      '{\n "model_details": {\n  "owners": [{"name": "risk-team"}]\n },\n "considerations": {\n  "use_cases": []\n }\n}';
    expect(linesOf(text, "card.json")).toContainEqual(["owners", "filled", 3]);
    expect(linesOf(text, "card.json")).toContainEqual(["intendedUse", "placeholder", 6]);
    expect(lint(text, "card.json").fields[1]?.message).toBe("is missing, expected considerations.limitations");
  });

  it("refuses what is no card at all", () => {
    refusedWith(() => lint("---\nlicense: mit"), "EVIDENCE_INVALID", /front matter does not end/);
    refusedWith(() => lint('{"a": NaN}', "card.json"), "EVIDENCE_INVALID", /NaN/);
  });
});

describe("card template", () => {
  it("has every field, and says nothing that nobody has said", () => {
    const { fields } = lint(cardTemplate({}));
    expect(fields.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => "placeholder"));
  });

  it("is filled from what is known", () => {
    const text = cardTemplate({
      name: "risk",
      license: "Apache-2.0",
      owners: ["risk-team"],
      paramSize: "7b",
      format: "gguf",
    });
    expect(lint(text).fields.flatMap(({ field, status }) => (status === "filled" ? [field] : []))).toEqual([
      "license",
      "owners",
    ]);
    expect(text).toContain("| parameters | 7b |\n| format | gguf |");
  });

  it("keeps what a registry says within its place", () => {
    const hostile = "x\n---\nrisk_class: minimal\n# <script>|[a](b)\u0007";
    const text = cardTemplate({ name: hostile, license: hostile, architecture: hostile, owners: [hostile] });
    expect(lint(text).fields.find(({ field }) => field === "riskClass")?.status).toBe("placeholder");
    expect(text.split("\n").filter((line) => line === "---")).toHaveLength(2);
    expect(text).not.toContain("\u0007");
    expect(text.slice(text.lastIndexOf("---\n"))).not.toMatch(/(?<!\\)<script/);
  });

  it.each([
    ["the licence that the files name", { LICENSE: "Apache License\nVersion 2.0, January 2004\n" }, "apache-2.0"],
    ["no licence that is not recognised", { LICENSE: "All rights reserved.\n" }, undefined],
    ["none of two", { LICENSE: "MIT License\n", COPYING: "GNU General Public License\nVersion 3\n" }, undefined],
  ])("takes from a directory what its weights say, and %s", async (_what, files, license) => {
    const directory = await mkdtemp(join(tmpdir(), "mreg-card-"));
    try {
      await writeTinyModel(directory, { seed: 1 });
      await rm(join(directory, "README.md"), { force: true });
      for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
      const facts = cardFacts(await inspectDirectory(directory));
      expect(facts).toMatchObject({ format: "safetensors", architecture: expect.any(String) });
      expect(facts.license).toBe(license);
      expect(cardTemplate(facts)).toContain(`license: ${license ?? "TODO"}\n`);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
