import type { JsonValue } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import { fileReference } from "../evidence-file.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import { objectOf } from "./json-file.ts";
import { readObjectFile } from "./object-file.ts";
import { observedAt } from "./observed-at.ts";
import type { ReadFiles, Reading } from "./reading.ts";

/**
 * Reads who uses a version, in JSON or YAML: `{ observedAt, consumers: [{ name, team, environment, count, contact }]
 * }`.
 *
 * A consumer may be a name alone. A missing list is not an empty one: that nobody is left has to be said.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INCOMPLETE` without a time or a list, `EVIDENCE_INVALID`.
 */
export function readConsumers(files: ReadFiles, input: Omit<EvidenceInput, "files">): Reading {
  const [file] = files;
  const value = readObjectFile(file);
  const { observedAt: stated, as_of: asOf, consumers, ...rest } = value;
  const time = observedAt(stated ?? asOf, { now: input.now, file: file.path, given: input.observedAt });
  if (consumers === undefined) {
    const message = "it has no list of consumers, expected consumers: [], also where nobody is left";
    throw new EvidenceError("EVIDENCE_INCOMPLETE", message, { file: file.path, missing: ["consumers"] });
  }
  const listed = Array.isArray(consumers) ? consumers.map(consumerOf) : consumers;
  return { predicate: { ...rest, observedAt: time, consumers: listed, evidence: files.map(fileReference) } };
}

function consumerOf(item: JsonValue): JsonValue {
  if (typeof item === "string") return { name: item };
  const consumer = objectOf(item);
  if (!consumer) return item;
  const { count, name = consumer["team"], ...rest } = consumer;
  return {
    ...rest,
    ...(name === undefined ? {} : { name }),
    ...(count === undefined
      ? {}
      : { count: typeof count === "string" && /^[0-9]{1,15}$/.test(count) ? Number(count) : count }),
  };
}
