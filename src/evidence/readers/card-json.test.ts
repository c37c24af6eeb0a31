import { describe, expect, it } from "vitest";
import { draftOf, refusedWith } from "../../../test/support/evidence.ts";
import type { ModelCard } from "../predicates/model-card.ts";

const read = (content: unknown) => draftOf("card", "card.json", content).predicate as unknown as ModelCard;

/** In the shape of schema 0.0.2 of Google's Model Card Toolkit. */
const toolkit = {
  schema_version: "0.0.2",
  model_details: {
    name: "risk",
    overview: "Scores loan applications.",
    owners: [{ name: "risk-team", contact: "risk@example.com" }, { contact: "second@example.com" }],
    licenses: [{ identifier: "Apache-2.0" }],
    references: [{ reference: "https://example.com" }],
  },
  model_parameters: { model_architecture: "mlp", data: [{ name: "applications-2026", link: "https://example.com/d" }] },
  quantitative_analysis: {
    performance_metrics: [
      { type: "auc", value: "0.91" },
      { type: "auc", value: 0.88, slice: "age<25" },
    ],
  },
  considerations: {
    users: [{ description: "Loan desk" }],
    use_cases: [{ description: "Scoring" }, { description: "Teaching" }],
    limitations: [{ description: "English only" }],
    ethical_considerations: [{ name: "Bias by age", mitigation_strategy: "Reviewed each quarter" }],
  },
};

/** A component as CycloneDX 1.6 has it. */
const component = {
  type: "machine-learning-model",
  name: "risk",
  manufacturer: { name: "Example Bank" },
  licenses: [{ license: { id: "MIT" } }],
  properties: [{ name: "example:riskClass", value: "high" }],
  pedigree: { ancestors: [{ type: "machine-learning-model", name: "example/tiny-bert" }] },
  modelCard: {
    modelParameters: { datasets: [{ type: "dataset", name: "applications-2026" }, { ref: "data-2" }] },
    quantitativeAnalysis: { performanceMetrics: [{ type: "auc", value: "0.91", slice: "all" }] },
    considerations: {
      users: ["Loan desk"],
      useCases: ["Scoring"],
      technicalLimitations: ["English only"],
      ethicalConsiderations: [{ name: "Bias by age", mitigationStrategy: "Reviewed" }],
    },
  },
};
const bom = (changes: Record<string, unknown>) => ({
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  version: 1,
  ...changes,
});

describe("card: Model Card Toolkit", () => {
  it("reads its fields", () => {
    expect(read(toolkit)).toMatchObject({
      format: "mct",
      formatVersion: "0.0.2",
      fields: {
        intendedUse: "Scoring\nTeaching",
        limitations: "English only",
        license: "Apache-2.0",
        owners: ["risk-team", "second@example.com"],
        trainingData: ["applications-2026"],
        evaluation: "auc 0.91\nauc 0.88 (age<25)",
        ethics: "Bias by age: Reviewed each quarter",
        users: "Loan desk",
      },
      completeness: { missing: ["riskClass"] },
    });
  });

  it("takes a risk class where somebody added one, and texts where older versions have them", () => {
    const { limitations: _, ...rest } = toolkit.considerations;
    const card = { ...toolkit, considerations: { ...rest, limitations: ["English"], risk_class: "High" } };
    expect(read(card).fields).toMatchObject({ riskClass: "high", limitations: "English" });
  });

  it("refuses an object where text belongs", () => {
    const card = { ...toolkit, considerations: { use_cases: { description: "Scoring" } } };
    refusedWith(() => read(card), "EVIDENCE_INVALID", /intendedUse holds an object/);
  });
});

describe("card: CycloneDX", () => {
  it.each([
    ["the subject", bom({ metadata: { component }, components: [component] })],
    ["a component", bom({ components: [{ type: "library", name: "torch" }, component] })],
  ])("reads the modelCard of %s", (_, card) => {
    expect(read(card)).toMatchObject({
      format: "cyclonedx",
      formatVersion: "1.6",
      fields: {
        intendedUse: "Scoring",
        limitations: "English only",
        riskClass: "high",
        license: "MIT",
        owners: ["Example Bank"],
        trainingData: ["applications-2026", "data-2"],
        evaluation: "auc 0.91 (all)",
        ethics: "Bias by age: Reviewed",
        users: "Loan desk",
        baseModel: ["example/tiny-bert"],
      },
      completeness: { missing: [] },
    });
  });

  it("refuses a bill of materials with two cards or none", () => {
    refusedWith(() => read(bom({ components: [component, component] })), "EVIDENCE_INVALID", /2 of its components/);
    refusedWith(() => read(bom({ components: [] })), "EVIDENCE_INCOMPLETE", /none of its components has a modelCard/);
  });
});
