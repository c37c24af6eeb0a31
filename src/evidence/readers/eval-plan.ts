import { decodeUtf8 } from "../../base/bytes.ts";
import { timestamp } from "../../base/clock.ts";
import type { JsonValue } from "../../base/json.ts";
import { toDecimal } from "../decimal.ts";
import { EvidenceError } from "../errors.ts";
import { type EvidenceFile, fileReference } from "../evidence-file.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import { countOf, objectsOf } from "./json-fields.ts";
import { type JsonObject, looksLikeJson, readExactJsonObject } from "./json-file.ts";
import { observedAt } from "./observed-at.ts";
import type { ReadFiles, Reading } from "./reading.ts";
import { parseYamlObject } from "./yaml-file.ts";

/**
 * Reads a plan: YAML or JSON in the shape of the predicate. One suite may stand at the top, with `suite` as its name.
 *
 * Numbers may be numbers or text. A comparator says which direction is better, so `higherIsBetter` may be left out
 * beside one. `plannedAt` is the present where the file has none: what proves it is the time of the signature.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID`.
 */
export function readEvalPlan(files: ReadFiles, { now }: Omit<EvidenceInput, "files">): Reading {
  const [file] = files;
  const { plannedAt, ...value } = looksLikeJson(file)
    ? readExactJsonObject(file)
    : parseYamlObject(textOf(file), file.path);
  const { planner, suites, ...single } = value;
  const listed =
    suites === undefined ? [{ name: single["suite"] ?? null, ...without(single, "suite") }] : objectsOf(suites);
  const predicate = {
    ...(suites === undefined ? {} : single),
    ...(planner === undefined ? {} : { planner }),
    plannedAt: plannedAt === undefined ? timestamp(now) : observedAt(plannedAt, { now, file: file.path }),
    suites: listed.map((suite) => suiteOf(suite, file)),
    evidence: files.map(fileReference),
  };
  return { predicate };
}

function suiteOf(suite: JsonObject, file: EvidenceFile): JsonObject {
  const n = countOf(suite["n"]);
  return {
    ...suite,
    ...(n === undefined ? {} : { n }),
    metrics: objectsOf(suite["metrics"]).map((metric) => metricOf(metric, file)),
  };
}

function metricOf(metric: JsonObject, file: EvidenceFile): JsonObject {
  const { comparator, higherIsBetter, threshold, ...rest } = metric;
  const direction = higherIsBetter ?? (typeof comparator === "string" ? comparator.startsWith(">") : undefined);
  return {
    ...rest,
    // YAML's words are text here.
    ...(direction === undefined ? {} : { higherIsBetter: boolean(direction) }),
    ...(comparator === undefined ? {} : { comparator }),
    ...(threshold === undefined ? {} : { threshold: decimal(threshold, file) }),
  };
}

const boolean = (value: JsonValue): JsonValue => (value === "true" ? true : value === "false" ? false : value);

function decimal(value: JsonValue, file: EvidenceFile): JsonValue {
  if (typeof value !== "string") return value;
  try {
    return toDecimal(value);
  } catch (cause) {
    const message = `a threshold: ${(cause as Error).message}`;
    throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path, cause });
  }
}

function without(value: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}

function textOf(file: EvidenceFile): string {
  try {
    return decodeUtf8(file.bytes);
  } catch (cause) {
    throw new EvidenceError("EVIDENCE_INVALID", "it is not UTF-8 text", { file: file.path, cause });
  }
}
