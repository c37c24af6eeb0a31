import { timestamp } from "../../base/clock.ts";
import type { JsonValue } from "../../base/json.ts";
import { uuidOf } from "./cyclonedx.ts";
import type { BomFacts } from "./facts.ts";
import { type Ingredient, inventoryOf } from "./inventory.ts";

type JsonObject = { [key: string]: JsonValue };

/** Node of the graph that says when and by whom everything in it was written. */
const creation = "_:creation";

/** Digest algorithms of SPDX 3, by in-toto's names. */
const algorithms = new Set(["md5", "sha1", "sha256", "sha384", "sha512"]);

export interface SpdxOptions {
  /** Version of mreg. */
  readonly tool: string;
  readonly now: Date;
}

/**
 * Writes a bill of materials in SPDX 3.0.1, with the AI and dataset profiles, as JSON-LD.
 *
 * SPDX demands a supplier and a release time of a model. They come from the manifest's annotations (`dev.mreg.owner`,
 * `org.opencontainers.image.created`); where one is missing, the document does not claim to conform to the AI profile.
 *
 * @see {@link https://spdx.github.io/spdx-spec/v3.0.1/model/AI/AI/}
 */
export function spdxOf(facts: BomFacts, { tool, now }: SpdxOptions): JsonObject {
  const base = `urn:uuid:${uuidOf(facts)}`;
  const id = (kind: string, name: string): string => `${base}#${kind}-${encodeURIComponent(name)}`;
  const inventory = inventoryOf(facts.lineage);
  const model = id("model", facts.name);
  const agent = id("agent", facts.owner ?? "unknown");
  const files = facts.files.map(({ path, digest }) =>
    element(id("file", path), "software_File", path, { verifiedUsing: hashesOf(digestSet(digest)) }),
  );
  const datasets = inventory.datasets.map((one) =>
    element(id("dataset", keyOf(one)), "dataset_DatasetPackage", one.name, {
      ...packageFields(one),
      dataset_datasetType: ["noAssertion"],
      software_primaryPurpose: "data",
    }),
  );
  const bases = inventory.baseModels.map((one) =>
    element(id("base", keyOf(one)), "ai_AIPackage", one.name, {
      ...packageFields(one),
      software_primaryPurpose: "model",
    }),
  );
  const packages = inventory.packages.map((one) =>
    element(id("package", keyOf(one)), "software_Package", one.name, packageFields(one)),
  );
  const license = facts.license ?? facts.card?.license;
  const licenses = license
    ? [
        element(id("license", license), "simplelicensing_LicenseExpression", undefined, {
          simplelicensing_licenseExpression: license,
        }),
      ]
    : [];
  const relate = (kind: string, to: readonly JsonObject[]): JsonObject[] =>
    to.length === 0
      ? []
      : [
          element(id("relationship", kind), "Relationship", undefined, {
            from: model,
            relationshipType: kind,
            to: to.map((one) => one["spdxId"] as string),
          }),
        ];
  const isWhole = facts.owner !== undefined && facts.created !== undefined;
  const elements = [
    element(agent, "Organization", facts.owner ?? "unknown"),
    element(id("tool", "mreg"), "Tool", `mreg ${tool}`),
    modelElement(facts, model, { agent, hyperparameters: inventory.hyperparameters }),
    ...[...files, ...datasets, ...bases, ...packages, ...licenses],
    ...relate("contains", files),
    ...relate("trainedOn", datasets),
    ...relate("descendantOf", bases),
    ...relate("dependsOn", packages),
    ...relate("hasDeclaredLicense", licenses),
  ];
  return {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [
      {
        type: "CreationInfo",
        "@id": creation,
        specVersion: "3.0.1",
        created: timestamp(now),
        createdBy: [agent],
        createdUsing: [id("tool", "mreg")],
      },
      element(base, "SpdxDocument", `Bill of materials of ${facts.name}`, {
        rootElement: [model],
        element: elements.map((one) => one["spdxId"] as string),
        profileConformance: ["core", "software", "simpleLicensing", ...(isWhole ? ["ai"] : [])],
      }),
      ...elements,
    ],
  };
}

function modelElement(
  { name, version, digest, address, created, owner, architecture, format, card, metrics, statements }: BomFacts,
  id: string,
  {
    agent,
    hyperparameters,
  }: { readonly agent: string; readonly hyperparameters: readonly (readonly [string, string])[] },
): JsonObject {
  const types = [architecture, format].flatMap((one) => (one === undefined ? [] : [one]));
  return element(id, "ai_AIPackage", name, {
    software_packageVersion: version ?? digest,
    software_downloadLocation: `${address}@${digest}`,
    software_primaryPurpose: "model",
    verifiedUsing: hashesOf(digestSet(digest)),
    ...(owner === undefined ? {} : { suppliedBy: agent }),
    ...(created === undefined ? {} : { releaseTime: created }),
    ...(types.length > 0 ? { ai_typeOfModel: types } : {}),
    ...(card?.intendedUse === undefined ? {} : { ai_informationAboutApplication: card.intendedUse }),
    ...(card?.limitations === undefined ? {} : { ai_limitation: card.limitations }),
    ...(card?.trainingData === undefined ? {} : { ai_informationAboutTraining: card.trainingData.join("; ") }),
    ...(hyperparameters.length > 0
      ? { ai_hyperparameter: hyperparameters.map(([key, value]) => entry(key, value)) }
      : {}),
    ...(metrics.length > 0
      ? {
          ai_metric: metrics.map((one) =>
            entry(one.slice === undefined ? one.name : `${one.name} of ${one.slice}`, one.value),
          ),
        }
      : {}),
    ...(statements.length > 0
      ? {
          externalRef: statements.map((statement) => ({
            type: "ExternalRef",
            externalRefType: "other",
            locator: [`${address}@${statement.digest}`],
            comment: statement.predicateType,
          })),
        }
      : {}),
  });
}

function element(spdxId: string, type: string, name: string | undefined, fields: JsonObject = {}): JsonObject {
  return { type, spdxId, creationInfo: creation, ...(name === undefined ? {} : { name }), ...fields };
}

function packageFields({ version, uri, digest }: Ingredient): JsonObject {
  const hashes = hashesOf(digest);
  return {
    ...(version === undefined ? {} : { software_packageVersion: version }),
    ...(uri === undefined ? {} : { software_downloadLocation: uri }),
    ...(hashes.length > 0 ? { verifiedUsing: hashes } : {}),
  };
}

function hashesOf(digest: Readonly<Record<string, string>>): JsonObject[] {
  return Object.entries(digest).flatMap(([algorithm, hashValue]) =>
    algorithms.has(algorithm) ? [{ type: "Hash", algorithm, hashValue }] : [],
  );
}

function digestSet(digest: string): Record<string, string> {
  const colon = digest.indexOf(":");
  return { [digest.slice(0, colon)]: digest.slice(colon + 1) };
}

function entry(key: string, value: string): JsonObject {
  return { type: "DictionaryEntry", key, value };
}

function keyOf({ name, version }: Ingredient): string {
  return `${name}@${version ?? ""}`;
}
