import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { draftOf } from "../../../test/support/evidence.ts";
import { newSigner, pushedModel, standingClock } from "../../../test/support/trust.ts";
import { attachEvidence } from "../attach-evidence.ts";
import { cycloneDxOf } from "./cyclonedx.ts";
import { type BomFacts, readBomFacts } from "./facts.ts";
import { spdxOf } from "./spdx.ts";

const vectors = resolve(import.meta.dirname, "../../../../shared/vectors/cyclonedx");
const now = new Date("2026-11-20T12:00:00Z");
const commit = "8d5f1a7c0e3b4f6a9d2c1b0e7f8a6d5c4b3a2910";

/** CycloneDX' own schema, compiled with what it refers to. */
function validatorOf(version: string) {
  const read = (name: string) => JSON.parse(readFileSync(join(vectors, name), "utf8"));
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  for (const name of ["spdx.schema.json", "jsf-0.82.schema.json", "cryptography-defs.schema.json"])
    ajv.addSchema(read(name));
  return ajv.compile(read(`bom-${version}.schema.json`));
}

const facts: BomFacts = {
  name: "ml/risk",
  version: "v4",
  digest: `sha256:${"a".repeat(64)}` as BomFacts["digest"],
  address: "oci://registry.example.com/ml/risk",
  owner: "risk-team",
  license: "Apache-2.0",
  created: "2026-10-17T09:41:00Z",
  architecture: "bert",
  format: "safetensors",
  files: [
    {
      path: "model.safetensors",
      mediaType: "application/vnd.cncf.model.weight.v1.raw",
      digest: `sha256:${"b".repeat(64)}` as BomFacts["digest"],
      size: 12,
    },
  ],
  card: {
    intendedUse: "loans\n\u202e",
    limitations: "none known",
    riskClass: "high",
    ethics: "a person decides",
    users: "clerks",
  },
  metrics: [{ name: "core@1 loans.accuracy", value: "0.91", slice: "north" }],
  lineage: [
    {
      buildDefinition: {
        buildType: "https://mreg.dev/training/v1",
        externalParameters: { hyperparameters: { lr: "2e-5", layers: [1, 2] } },
        internalParameters: { environment: { packages: { torch: "2.9.0" } } },
        resolvedDependencies: [
          { name: "code", uri: "git+https://git.example.com/x", digest: { gitCommit: commit } },
          {
            name: "dataset:loans",
            uri: "s3://b/loans",
            digest: { md5: "c".repeat(32) },
            annotations: { version: "1" },
          },
          { name: "dataset:no address", uri: "not an <address>", digest: { sha256: "zz" } },
          { name: "base-model", uri: "hf://example/tiny", annotations: { revision: "main" } },
        ],
      },
      runDetails: { builder: { id: "x" } },
    },
  ],
  statements: [{ digest: `sha256:${"d".repeat(64)}` as BomFacts["digest"], predicateType: "https://mreg.dev/eval/v1" }],
};
const bare: BomFacts = {
  ...facts,
  version: undefined,
  license: undefined,
  owner: undefined,
  created: undefined,
  card: undefined,
  metrics: [],
  lineage: [],
  statements: [],
  files: [],
};

describe("CycloneDX", () => {
  it.for([["everything", facts] as const, ["next to nothing", bare] as const])(
    "is valid against the published schemas: %s",
    ([, known], context) => {
      context.skip(!existsSync(vectors), "../shared/vectors/cyclonedx is not there");
      const document = cycloneDxOf(known, "0.1.0");
      const validate = validatorOf("1.6");
      expect(validate(document), JSON.stringify(validate.errors?.slice(0, 5))).toBe(true);
      const next = validatorOf("1.7");
      expect(
        next({ ...document, $schema: "http://cyclonedx.org/schema/bom-1.7.schema.json", specVersion: "1.7" }),
        JSON.stringify(next.errors?.slice(0, 5)),
      ).toBe(true);
      expect(validate({ ...document, specVersion: 1 })).toBe(false);
    },
  );

  it("says what the model consists of and what went into it", () => {
    const document = cycloneDxOf(facts, "0.1.0") as Record<string, never>;
    expect(document["metadata"]).toMatchObject({
      component: {
        type: "machine-learning-model",
        name: "ml/risk",
        version: "v4",
        purl: `pkg:oci/risk@sha256%3A${"a".repeat(64)}?repository_url=registry.example.com%2Fml%2Frisk`,
        licenses: [{ expression: "Apache-2.0" }],
        components: [
          { type: "file", name: "model.safetensors", hashes: [{ alg: "SHA-256", content: "b".repeat(64) }] },
        ],
        pedigree: {
          commits: [{ uid: commit, url: "https://git.example.com/x" }],
          ancestors: [{ name: "hf://example/tiny" }],
        },
        modelCard: {
          modelParameters: {
            modelArchitecture: "bert",
            datasets: [{ ref: "dataset:loans@1" }, { ref: "dataset:no address" }],
          },
          quantitativeAnalysis: {
            performanceMetrics: [{ type: "core@1 loans.accuracy", value: "0.91", slice: "north" }],
          },
          considerations: { technicalLimitations: ["none known"] },
        },
      },
    });
    expect(document["components"]).toMatchObject([
      {
        type: "data",
        name: "loans",
        hashes: [{ alg: "MD5" }],
        data: [{ type: "dataset", contents: { url: "s3://b/loans" } }],
      },
      { type: "data", name: "no address", data: [{ name: "no address" }] },
      { type: "machine-learning-model", name: "hf://example/tiny", version: "main" },
      { type: "library", name: "torch", purl: "pkg:pypi/torch@2.9.0" },
    ]);
  });

  it("is the same for the same facts, and named otherwise for others", () => {
    expect(cycloneDxOf(facts, "1")).toEqual(cycloneDxOf({ ...facts }, "1"));
    expect(cycloneDxOf(facts, "1")["serialNumber"]).not.toBe(
      cycloneDxOf({ ...facts, statements: [] }, "1")["serialNumber"],
    );
  });

  it("is what attach --type sbom and the readers of cards take", () => {
    const text = JSON.stringify(cycloneDxOf(facts, "1"));
    expect(draftOf("sbom", "bom.cdx.json", text).predicateType).toBe("https://cyclonedx.org/bom");
    expect(draftOf("card", "bom.cdx.json", text).predicate).toMatchObject({ format: "cyclonedx" });
  });
});

describe("SPDX 3", () => {
  const graph = (known: BomFacts) => spdxOf(known, { tool: "1", now })["@graph"] as Record<string, unknown>[];

  it("refers to nothing that is not in the graph, and names everything once", () => {
    const nodes = graph(facts);
    const ids = nodes.flatMap(({ spdxId }) => (spdxId === undefined ? [] : [spdxId as string]));
    expect(new Set(ids).size).toBe(ids.length);
    for (const { to, from, rootElement, element } of nodes) {
      for (const id of [to, from, rootElement, element].flat()) {
        if (id !== undefined) expect(ids).toContain(id);
      }
    }
  });

  it("has the model with what the AI profile asks for, its data and its files", () => {
    const nodes = graph(facts);
    expect(nodes.find(({ type }) => type === "SpdxDocument")?.["profileConformance"]).toContain("ai");
    expect(nodes.find(({ type, name }) => type === "ai_AIPackage" && name === "ml/risk")).toMatchObject({
      software_packageVersion: "v4",
      software_primaryPurpose: "model",
      suppliedBy: expect.stringContaining("risk-team"),
      releaseTime: "2026-10-17T09:41:00Z",
      ai_hyperparameter: [
        { key: "lr", value: "2e-5" },
        { key: "layers", value: "[1,2]" },
      ],
      ai_limitation: "none known",
    });
    expect(nodes.filter(({ type }) => type === "Relationship").map(({ relationshipType }) => relationshipType)).toEqual(
      ["contains", "trainedOn", "descendantOf", "dependsOn", "hasDeclaredLicense"],
    );
    expect(draftOf("sbom", "x.json", spdxOf(facts, { tool: "1", now })).predicateType).toBe(
      "https://spdx.dev/Document",
    );
  });

  it("does not claim the AI profile without supplier and release time", () => {
    expect(graph(bare).find(({ type }) => type === "SpdxDocument")?.["profileConformance"]).not.toContain("ai");
  });
});

describe("facts", () => {
  it("takes verified statements alone", async () => {
    const { repository, subject } = await pushedModel();
    const [ann, mallory] = [await newSigner(), await newSigner()];
    const lineage = draftOf("lineage", "l.json", {
      run: "r",
      code: { commit },
      datasets: [{ name: "loans", version: "1" }],
    });
    const foreign = draftOf("lineage", "l.json", {
      run: "r",
      code: { commit },
      datasets: [{ name: "poison", version: "1" }],
    });
    await attachEvidence(repository, subject, lineage, { name: "risk", signer: ann, clock: standingClock });
    await attachEvidence(repository, subject, foreign, { name: "risk", signer: mallory, clock: standingClock });
    const about = { name: "risk", location: "oci:/home/ann/store/risk", descriptor: subject };
    const trusted = await readBomFacts(repository, about, { keys: [ann.publicKey] });
    expect(JSON.stringify(cycloneDxOf(trusted, "1"))).toContain("loans");
    expect(JSON.stringify(trusted)).not.toMatch(/poison|home/);
    expect(trusted.address).toBe("oci:risk");
    const alone = await readBomFacts(repository, about, undefined);
    expect([alone.lineage, alone.statements]).toEqual([[], []]);
  });
});
