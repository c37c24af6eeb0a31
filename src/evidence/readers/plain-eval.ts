import type { JsonValue } from "../../base/json.ts";
import { toDecimal } from "../decimal.ts";
import { EvidenceError } from "../errors.ts";
import { fileReference } from "../evidence-file.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import { toContentDigest } from "../predicates/digest-set.ts";
import { ForeignTimestamp } from "../predicates/resource.ts";
import type { EvalFormat } from "./eval-format.ts";
import { evaluatedAt } from "./evaluated-at.ts";
import { type JsonObject, objectOf } from "./json-file.ts";
import type { ReadFiles } from "./reading.ts";

/** Fields that hold decimals and may be written as JSON numbers. */
const decimalFields = ["value", "stderr", "threshold"];
/** Fields that hold counts, which reading with exact numbers has turned into text. */
const countFields = ["n", "sampleSize"];

/**
 * JSON that has the shape of the eval predicate already.
 *
 * Numbers may be JSON numbers or strings. What only the reader can know is filled in: `evidence` from the file,
 * `environment` from the caller, `origin` as `imported`. Everything else is left to the schema, which is strict.
 */
export const plainEval: EvalFormat = {
  name: "mreg",
  title: "{ suite: { name, version }, evaluatedAt, results: [{ task, metric, value, higherIsBetter }] }",
  detect: (file, { files }) => Array.isArray(objectOf(files.valueOf(file))?.["results"]),
  read: (file, { files, input }) => ({
    predicate: readPlainEval(objectOf(files.valueOf(file)) ?? {}, files.all, input),
  }),
};

function readPlainEval(
  value: JsonObject,
  files: ReadFiles,
  input: Omit<EvidenceInput, "files">,
): Record<string, unknown> {
  const file = files[0].path;
  const { dataset, seeds, plan } = input.eval ?? {};
  const suite = value["suite"] ?? input.suite;
  const time = value["evaluatedAt"] ?? input.observedAt;
  const missing = [...(suite === undefined ? ["suite"] : []), ...(time === undefined ? ["evaluatedAt"] : [])];
  if (missing.length > 0) {
    throw new EvidenceError("EVIDENCE_INCOMPLETE", `it lacks ${missing.join(" and ")}`, { file, missing });
  }
  refuseContradiction("environment", value["environment"], input.environment, file);
  refuseContradiction("dataset", objectOf(value["dataset"])?.["uri"], dataset?.uri, file);
  const found = typeof time === "string" ? time : "that is no text";
  const isTimestamp = ForeignTimestamp.safeParse(found).success;
  return {
    origin: "imported",
    partial: false,
    ...(dataset ? { dataset } : {}),
    ...(seeds ? { seeds } : {}),
    ...(withNumbers({ ...value }, file) as JsonObject),
    suite: plan && objectOf(suite) ? { ...(suite as object), plan: { digest: toContentDigest(plan) } } : suite,
    claims: withNumbers(value["claims"] ?? [], file),
    // Anything but RFC 3339 with an offset would be read in the time zone of this machine.
    evaluatedAt: evaluatedAt(new Date(isTimestamp ? found : Number.NaN), found, { now: input.now, file }),
    environment: value["environment"] ?? input.environment ?? "offline",
    evidence: files.map(fileReference),
  };
}

function refuseContradiction(what: string, stated: JsonValue | undefined, given: string | undefined, file: string) {
  if (stated === undefined || given === undefined || stated === given) return;
  const message = `it says ${what} ${JSON.stringify(stated).slice(0, 100)}, but ${given} was asked for`;
  throw new EvidenceError("EVIDENCE_INVALID", message, { file });
}

/** Brings numbers into the form of the schema and drops nulls, which some writers put for "not there". */
function withNumbers(value: JsonValue, file: string): JsonValue {
  if (Array.isArray(value)) return value.map((item) => withNumbers(item, file));
  const object = objectOf(value);
  if (!object) return value;
  const entries = Object.entries(object)
    .filter(([, field]) => field !== null)
    .map(([key, field]) => [key, convert(key, field, file)] as const);
  return Object.fromEntries(entries);
}

function convert(key: string, field: JsonValue, file: string): JsonValue {
  if (typeof field !== "string") return withNumbers(field, file);
  if (countFields.includes(key) && /^[0-9]{1,15}$/.test(field)) return Number(field);
  if (!decimalFields.includes(key)) return field;
  try {
    return toDecimal(field);
  } catch (cause) {
    throw new EvidenceError("EVIDENCE_INVALID", `${key}: ${(cause as Error).message}`, { file, cause });
  }
}
