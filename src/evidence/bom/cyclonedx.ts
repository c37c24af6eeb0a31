import { digestHex, digestOf } from "../../base/digest.ts";
import type { JsonValue } from "../../base/json.ts";
import type { BomFacts, BomFile } from "./facts.ts";
import { type Ingredient, type Inventory, inventoryOf } from "./inventory.ts";

type JsonObject = { [key: string]: JsonValue };

/** Names of hash algorithms, from in-toto's to CycloneDX'. */
const algorithms: Readonly<Record<string, string>> = {
  md5: "MD5",
  sha1: "SHA-1",
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};

const modelRef = "model";

/**
 * Writes a bill of materials in CycloneDX 1.6.
 *
 * The model with its card is the subject, its files are parts of it by hash, and data sets, base models and packages
 * are what it depends on. No clock and no chance: the same facts make the same bytes.
 *
 * @param tool - version of mreg.
 * @see {@link https://cyclonedx.org/docs/1.6/json/}
 */
export function cycloneDxOf(facts: BomFacts, tool: string): JsonObject {
  const inventory = inventoryOf(facts.lineage);
  const components = [
    ...inventory.datasets.map(datasetComponent),
    ...inventory.baseModels.map((one) => component("machine-learning-model", "base-model", one)),
    ...inventory.packages.map(packageComponent),
  ];
  const refs = components.map((one) => one["bom-ref"] as string);
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(facts)}`,
    version: 1,
    metadata: {
      ...(facts.created === undefined ? {} : { timestamp: facts.created }),
      tools: { components: [{ type: "application", name: "mreg", version: tool }] },
      component: modelComponent(facts, inventory),
    },
    components,
    dependencies: [{ ref: modelRef, dependsOn: refs }, ...refs.map((ref) => ({ ref }))],
    // What the manifest lists is all that the model consists of; what went into it is only what somebody has said.
    compositions: [
      { aggregate: "complete", assemblies: [modelRef] },
      { aggregate: "unknown", dependencies: [modelRef] },
    ],
  };
}

function modelComponent(facts: BomFacts, inventory: Inventory): JsonObject {
  const { name, version, digest, owner, license, card, files, statements } = facts;
  const licenses = license ? [{ expression: license }] : card?.license ? [{ license: { name: card.license } }] : [];
  const [code] = inventory.code;
  const repository = iri(code?.uri?.replace(/^git\+/, ""));
  const properties = [
    ["mreg:manifest", digest],
    ["mreg:format", facts.format],
    ["mreg:precision", facts.precision],
    ["mreg:parameters", facts.parameters],
    ["mreg:riskClass", card?.riskClass],
    ...inventory.hyperparameters.map(([key, value]) => [`mreg:hyperparameter:${key}`, value] as const),
  ].flatMap(([key, value]) => (key !== undefined && value !== undefined ? [{ name: key, value }] : []));
  return {
    type: "machine-learning-model",
    "bom-ref": modelRef,
    name,
    version: version ?? digest,
    ...(owner === undefined ? {} : { publisher: owner }),
    hashes: hashesOf(digestSet(digest)),
    ...(licenses.length > 0 ? { licenses } : {}),
    purl: purlOf(facts),
    ...(code === undefined && inventory.baseModels.length === 0 ? {} : { pedigree: pedigreeOf(inventory) }),
    externalReferences: [
      ...(repository === undefined ? [] : [{ type: "vcs", url: repository }]),
      ...statements.map((statement) => ({
        type: "attestation",
        url: iri(`${facts.address}@${statement.digest}`) ?? `#${statement.digest}`,
        comment: statement.predicateType,
        hashes: hashesOf(digestSet(statement.digest)),
      })),
    ],
    components: files.map(fileComponent),
    modelCard: modelCardOf(facts, inventory),
    properties,
  };
}

/** @see {@link https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md} */
function purlOf({ name, digest, address }: BomFacts): string {
  const [, repository] = /^oci:\/\/(.+)$/.exec(address) ?? [];
  const where = repository === undefined ? "" : `?repository_url=${encodeURIComponent(repository)}`;
  return `pkg:oci/${encodeURIComponent(name.slice(name.lastIndexOf("/") + 1))}@${encodeURIComponent(digest)}${where}`;
}

function modelCardOf({ architecture, family, card, metrics }: BomFacts, { datasets }: Inventory): JsonObject {
  const ethics = [card?.ethics].flatMap((name) => (name === undefined ? [] : [{ name }]));
  const considerations: JsonObject = {
    ...(card?.users === undefined ? {} : { users: [card.users] }),
    ...(card?.intendedUse === undefined ? {} : { useCases: [card.intendedUse] }),
    ...(card?.limitations === undefined ? {} : { technicalLimitations: [card.limitations] }),
    ...(ethics.length > 0 ? { ethicalConsiderations: ethics } : {}),
  };
  const measured = metrics.map(({ name, value, slice }) => ({
    type: name,
    value,
    ...(slice === undefined ? {} : { slice }),
  }));
  return {
    modelParameters: {
      ...(family === undefined ? {} : { architectureFamily: family }),
      ...(architecture === undefined ? {} : { modelArchitecture: architecture }),
      ...(datasets.length > 0 ? { datasets: datasets.map((one) => ({ ref: refOf("dataset", one) })) } : {}),
    },
    ...(measured.length > 0 ? { quantitativeAnalysis: { performanceMetrics: measured } } : {}),
    ...(Object.keys(considerations).length > 0 ? { considerations } : {}),
  };
}

function pedigreeOf({ baseModels, code }: Inventory): JsonObject {
  const commits = code.flatMap(({ digest, uri }) => {
    const url = iri(uri?.replace(/^git\+/, ""));
    return digest["gitCommit"] === undefined
      ? []
      : [{ uid: digest["gitCommit"], ...(url === undefined ? {} : { url }) }];
  });
  // Under references of their own, since each may stand only once in a document.
  const ancestors = baseModels.map((one) => component("machine-learning-model", "ancestor", one));
  return { ...(ancestors.length > 0 ? { ancestors } : {}), ...(commits.length > 0 ? { commits } : {}) };
}

function fileComponent({ path, mediaType, digest, size }: BomFile): JsonObject {
  return {
    type: "file",
    "bom-ref": `file:${path}`,
    name: path,
    ...(/^[-+a-z0-9.]{1,100}\/[-+a-z0-9.]{1,100}$/.test(mediaType) ? { "mime-type": mediaType } : {}),
    hashes: hashesOf(digestSet(digest)),
    properties: [{ name: "mreg:size", value: String(size) }],
  };
}

function datasetComponent(dataset: Ingredient): JsonObject {
  const url = iri(dataset.uri);
  return {
    ...component("data", "dataset", dataset),
    data: [{ type: "dataset", name: dataset.name, ...(url === undefined ? {} : { contents: { url } }) }],
  };
}

function packageComponent(one: Ingredient): JsonObject {
  const version = one.version === undefined ? "" : `@${encodeURIComponent(one.version)}`;
  return { ...component("library", "package", one), purl: `pkg:pypi/${encodeURIComponent(one.name)}${version}` };
}

function component(type: string, kind: string, one: Ingredient): JsonObject {
  const hashes = hashesOf(one.digest);
  const url = iri(one.uri);
  return {
    type,
    "bom-ref": refOf(kind, one),
    name: one.name,
    ...(one.version === undefined ? {} : { version: one.version }),
    ...(hashes.length > 0 ? { hashes } : {}),
    ...(url === undefined || type === "library" ? {} : { externalReferences: [{ type: "distribution", url }] }),
  };
}

function refOf(kind: string, { name, version }: Ingredient): string {
  return `${kind}:${name}${version === undefined ? "" : `@${version}`}`;
}

function hashesOf(digest: Readonly<Record<string, string>>): JsonObject[] {
  return Object.entries(digest).flatMap(([algorithm, content]) => {
    const alg = algorithms[algorithm];
    const isWhole = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/.test(content);
    return alg !== undefined && isWhole ? [{ alg, content }] : [];
  });
}

function digestSet(digest: string): Record<string, string> {
  const colon = digest.indexOf(":");
  return { [digest.slice(0, colon)]: digest.slice(colon + 1) };
}

/** What may stand where the format wants an address; anything else is left out. */
function iri(text: string | undefined): string | undefined {
  return text !== undefined && /^[^\s\p{Cc}<>"{}|\\^`]{1,2000}$/u.test(text) ? text : undefined;
}

/** Says the same of the same facts, and something else of others: a name-based UUID over them (RFC 9562, version 8). */
export function uuidOf(facts: BomFacts): string {
  const hex = digestHex(digestOf(JSON.stringify([facts.address, facts.digest, facts.statements])));
  const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) % 4] ?? "8";
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
