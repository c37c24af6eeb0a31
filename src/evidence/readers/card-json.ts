import type { JsonValue } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import { cardFields } from "../predicate-words.ts";
import type { CardField } from "../predicates/model-card.ts";
import type { CardPlace, CardReading } from "./card-content.ts";
import { listOf, objectAt, objectsOf, textOf } from "./json-fields.ts";
import { type JsonObject, objectOf } from "./json-file.ts";
import { lineFinder } from "./yaml-lines.ts";

type Path = readonly (string | number)[];

/** What a format holds for a field, and the keys that lead there. */
interface JsonPlace {
  readonly path: Path;
  readonly value: JsonValue | undefined;
}

type Places = (card: JsonObject) => Partial<Record<CardField, readonly JsonPlace[]>>;

/** Reads a card in JSON, whichever of the three formats it is. @throws {@link EvidenceError} `EVIDENCE_INVALID`. */
export function readJsonCard(value: JsonObject, text: string, file: string): CardReading {
  const lineOf = lineFinder(text);
  const { format, formatVersion, places, root } = formatOf(value, file);
  const found = places(objectAtPath(value, root));
  return {
    format,
    ...(formatVersion === undefined ? {} : { formatVersion }),
    places: (field) =>
      (found[field] ?? []).map((place): CardPlace => {
        return { value: place.value, line: () => lineOf([...root, ...place.path]) };
      }),
  };
}

interface CardFormat {
  readonly format: CardReading["format"];
  readonly formatVersion?: string | undefined;
  /** Where in the file the card is. */
  readonly root: Path;
  readonly places: Places;
}

function formatOf(value: JsonObject, file: string): CardFormat {
  if (value["bomFormat"] === "CycloneDX") {
    return {
      format: "cyclonedx",
      formatVersion: textOf(value["specVersion"]),
      root: modelComponent(value, file),
      places: cyclonedx,
    };
  }
  if (objectOf(value["model_details"])) {
    return { format: "mct", formatVersion: textOf(value["schema_version"]), root: [], places: toolkit };
  }
  return { format: "mreg-json", root: [], places: own };
}

/** The fields in camelCase, as the predicate has them. */
const own: Places = (card) =>
  Object.fromEntries(
    cardFields.map((field) => [field, Object.hasOwn(card, field) ? [{ path: [field], value: card[field] }] : []]),
  );

/**
 * Google's Model Card Toolkit, schema 0.0.2 and 0.0.1, which has no field for a risk class: `risk_class` of
 * `considerations` is read where somebody added one.
 *
 * @see {@link https://github.com/tensorflow/model-card-toolkit/blob/v2.0.0/model_card_toolkit/schema/v0.0.2/model_card.schema.json}
 */
const toolkit: Places = (card) => {
  const details = (key: string) => ({ path: ["model_details", key], value: objectAt(card, "model_details")?.[key] });
  const considered = (key: string) => ({
    path: ["considerations", key],
    value: objectAt(card, "considerations")?.[key],
  });
  const data = { path: ["model_parameters", "data"], value: objectAt(card, "model_parameters")?.["data"] };
  const metrics = {
    path: ["quantitative_analysis", "performance_metrics"],
    value: objectAt(card, "quantitative_analysis")?.["performance_metrics"],
  };
  return {
    intendedUse: [lines(considered("use_cases"), ["description"])],
    limitations: [lines(considered("limitations"), ["description"])],
    riskClass: [considered("risk_class"), details("risk_class")],
    license: [lines(details("licenses"), ["identifier", "custom_text"]), details("license")],
    owners: [lines(details("owners"), ["name", "contact"])],
    trainingData: [lines(data, ["name", "description", "link"])],
    evaluation: [metricLines(metrics)],
    ethics: [lines(considered("ethical_considerations"), ["name", "mitigation_strategy"], ": ")],
    users: [lines(considered("users"), ["description"])],
  };
};

/** CycloneDX 1.5 to 1.7. @see {@link https://cyclonedx.org/docs/1.6/json/#components_items_modelCard} */
const cyclonedx: Places = (component) => {
  const card = objectOf(component["modelCard"]);
  const considered = (key: string) => ({
    path: ["modelCard", "considerations", key],
    value: objectAt(card, "considerations")?.[key],
  });
  const licenses = objectsOf(component["licenses"]).map(
    (one) =>
      textOf(one["expression"]) ??
      textOf(objectOf(one["license"])?.["id"]) ??
      textOf(objectOf(one["license"])?.["name"]) ??
      "",
  );
  const named = (key: string) => ({ path: [key, "name"], value: objectOf(component[key])?.["name"] });
  const datasets = {
    path: ["modelCard", "modelParameters", "datasets"],
    value: objectAt(card, "modelParameters")?.["datasets"],
  };
  const metrics = {
    path: ["modelCard", "quantitativeAnalysis", "performanceMetrics"],
    value: objectAt(card, "quantitativeAnalysis")?.["performanceMetrics"],
  };
  const ancestors = { path: ["pedigree", "ancestors"], value: objectAt(component, "pedigree")?.["ancestors"] };
  return {
    intendedUse: [considered("useCases")],
    limitations: [considered("technicalLimitations")],
    riskClass: [property(component, []), property(card ?? {}, ["modelCard"])],
    license: [{ path: ["licenses"], value: licenses }],
    owners: [
      named("manufacturer"),
      named("supplier"),
      lines({ path: ["authors"], value: component["authors"] }, ["name"]),
      { path: ["publisher"], value: component["publisher"] },
    ],
    trainingData: [lines(datasets, ["name", "ref", "description"])],
    evaluation: [metricLines(metrics)],
    ethics: [lines(considered("ethicalConsiderations"), ["name", "mitigationStrategy"], ": ")],
    users: [considered("users")],
    baseModel: [lines(ancestors, ["name"])],
  };
};

/** CycloneDX has no field for a risk class; its taxonomy leaves names to whoever writes them. */
function property(holder: JsonObject, path: Path): JsonPlace {
  const properties = objectsOf(holder["properties"]);
  const index = properties.findIndex(({ name }) => typeof name === "string" && /(?:^|[:.])risk_?class$/i.test(name));
  return { path: [...path, "properties", ...(index < 0 ? [] : [index, "value"])], value: properties[index]?.["value"] };
}

/** One text per object of a list: the first of the keys that it has, or all of them with a separator. */
function lines({ path, value }: JsonPlace, keys: readonly string[], separator?: string): JsonPlace {
  // Older versions of both formats have plain texts there.
  const texts = listOf(value).map((item) => {
    const parts = keys.flatMap((key) => textOf(objectOf(item)?.[key]) ?? []);
    return textOf(item) ?? (separator === undefined ? (parts[0] ?? "") : parts.join(separator));
  });
  return { path, value: Array.isArray(value) ? texts : value };
}

function metricLines({ path, value }: JsonPlace): JsonPlace {
  const texts = objectsOf(value).map((metric) => {
    const slice = textOf(metric["slice"]);
    const number = textOf(metric["value"]);
    return number === undefined
      ? ""
      : `${textOf(metric["type"]) ?? "metric"} ${number}${slice === undefined ? "" : ` (${slice})`}`;
  });
  return { path, value: Array.isArray(value) ? texts : undefined };
}

/** The one component that has a card: the subject of the bill of materials, or one of its components. */
function modelComponent(bom: JsonObject, file: string): Path {
  if (objectAt(bom, "metadata", "component", "modelCard")) return ["metadata", "component"];
  const found = listOf(bom["components"]).flatMap((one, index) => (objectAt(one, "modelCard") ? [index] : []));
  const [index, ...others] = found;
  if (index === undefined) {
    throw new EvidenceError("EVIDENCE_INCOMPLETE", "none of its components has a modelCard", {
      file,
      missing: ["modelCard"],
    });
  }
  if (others.length > 0) {
    throw new EvidenceError("EVIDENCE_INVALID", `${found.length} of its components have a modelCard, expected one`, {
      file,
    });
  }
  return ["components", index];
}

function objectAtPath(value: JsonObject, path: Path): JsonObject {
  let found: JsonValue | undefined = value;
  for (const step of path) found = typeof step === "number" ? listOf(found)[step] : objectOf(found)?.[step];
  return objectOf(found) ?? {};
}
