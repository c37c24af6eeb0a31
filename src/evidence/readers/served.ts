import type { JsonValue } from "../../base/json.ts";
import { isDigest } from "../../oci/digest.ts";
import { EvidenceError } from "../errors.ts";
import { fileReference } from "../evidence-file.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import { toContentDigest } from "../predicates/digest-set.ts";
import { textIn } from "./json-file.ts";
import { readObjectFile } from "./object-file.ts";
import { observedAt } from "./observed-at.ts";
import type { ReadFiles, Reading } from "./reading.ts";

/**
 * Reads what an endpoint serves, in JSON or YAML: `{ observedAt, endpoint, digest, method, detail, instances }`.
 *
 * `endpoint` may be its URI alone, `method` defaults to `declared`.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID` when it serves another version than the one it is attached to: the
 * statement would stand at the wrong place.
 */
export function readServed(files: ReadFiles, input: Omit<EvidenceInput, "files">): Reading {
  const [file] = files;
  const { observedAt: stated, endpoint, digest: found, instances, ...rest } = readObjectFile(file);
  const time = observedAt(stated, { now: input.now, file: file.path, given: input.observedAt });
  const digest = typeof found === "string" ? found : "";
  if (!isDigest(digest)) {
    const code = found === undefined ? "EVIDENCE_INCOMPLETE" : "EVIDENCE_INVALID";
    const was = found === undefined ? "missing" : JSON.stringify(found).slice(0, 80);
    const message = `digest is ${was}, expected sha256:<64 lower-case hex characters> of what the endpoint serves`;
    throw new EvidenceError(code, message, {
      file: file.path,
      ...(found === undefined ? { missing: ["digest"] } : {}),
    });
  }
  if (input.subject !== undefined && digest !== input.subject) {
    const message = `the endpoint serves ${digest}, expected ${input.subject}: attach it to the version that is served`;
    throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
  }
  const predicate: Record<string, JsonValue | undefined> = {
    method: "declared",
    ...rest,
    observedAt: time,
    endpoint: typeof endpoint === "string" ? { uri: endpoint } : endpoint,
    digest: toContentDigest(digest),
  };
  if (instances !== undefined)
    predicate["instances"] = /^[0-9]{1,9}$/.test(textIn(instances)) ? Number(instances) : instances;
  return { predicate: { ...predicate, evidence: files.map(fileReference) } };
}
