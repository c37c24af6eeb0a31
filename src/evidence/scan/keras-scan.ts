import { type JsonValue, parseStrictJson } from "../../base/json.ts";
import { documentLimitBytes } from "../../base/limits.ts";
import { describeSavedModel } from "../../model/formats/saved-model.ts";
import type { RangeReader } from "../../model/range-reader.ts";
import { memberOf, type ScanContent } from "./content.ts";
import { isDangerousGlobal } from "./dangerous-globals.ts";
import type { ScanFindings } from "./verdict.ts";

/** Operations of TensorFlow that read or write files of any name, or run Python, wherever a graph is run. */
const dangerousOperations = /^(?:ReadFile|WriteFile|MatchingFiles|PyFunc|PyFuncStateless|EagerPyFunc)$/;

/** Modules whose classes a Keras configuration may name: Keras finds them itself. */
const kerasModules = /^(?:keras|tf_keras|tensorflow\.keras|keras_hub|keras_nlp|keras_cv|builtins)(?:\.|$)/;

/** Judges `config.json` of a `.keras` archive: layers are data, but those that bring code. */
export async function scanKerasConfig(read: RangeReader, member: string, findings: ScanFindings): Promise<void> {
  const at = { member };
  if (read.size > documentLimitBytes) {
    findings.add({ severity: "unscannable", reason: `configuration of more than ${documentLimitBytes} bytes`, ...at });
    return;
  }
  let config: JsonValue;
  try {
    config = parseStrictJson(await read.read(0, read.size));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    findings.add({ severity: "unscannable", reason: `configuration is not JSON: ${error.message}`, ...at });
    return;
  }
  const visit = (value: JsonValue): void => {
    if (typeof value !== "object" || value === null) return;
    if (!Array.isArray(value)) judgeClass(value, member, findings);
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(config);
}

/** `{"module": "os", "class_name": "function", "config": "system"}` imports as a pickle does (CVE-2025-1550). */
function judgeClass(value: { readonly [key: string]: JsonValue }, member: string, findings: ScanFindings): void {
  const { class_name: name, module, config } = value;
  if (name === "Lambda" || name === "__lambda__") {
    findings.add({ severity: "dangerous", reason: "a Lambda layer, which is Python code", member });
  }
  if (typeof module !== "string" || kerasModules.test(module)) return;
  const imported = typeof config === "string" ? config : typeof name === "string" ? name : "";
  const isDangerous = isDangerousGlobal(module, imported);
  findings.add({
    severity: isDangerous ? "dangerous" : "suspicious",
    reason: isDangerous ? "imports what runs code or reaches the system" : "imports what is not known to be harmless",
    member,
    global: `${module}.${imported}`,
  });
}

const blockBytes = 1024 * 1024;
const overlapBytes = 256;
const lambda = /"class_name"\s{0,20}:\s{0,20}"(?:Lambda|__lambda__)"/;

/** Searches HDF5 for layers that are code. It is not read as the format it is, so that nothing found is not "safe". */
export async function scanHdf5(content: ScanContent, findings: ScanFindings): Promise<string> {
  const { read } = content;
  const at = memberOf(content);
  for (let start = 0; start < read.size; start += blockBytes) {
    const bytes = await read.read(start, Math.min(blockBytes + overlapBytes, read.size - start));
    if (!lambda.test(Buffer.from(bytes).toString("latin1"))) continue;
    findings.add({ severity: "dangerous", reason: "a Lambda layer, which is Python code", ...at });
    return "HDF5";
  }
  findings.add({ severity: "suspicious", reason: "HDF5 is searched for code, and not read in full", ...at });
  return "HDF5";
}

/** Judges the graphs of a SavedModel by what they do besides computing. */
export async function scanSavedModel(content: ScanContent, findings: ScanFindings): Promise<string> {
  const { operations } = await describeSavedModel(content.read);
  for (const name of operations.keys()) {
    if (!dangerousOperations.test(name)) continue;
    const reason = `operation ${name}, which reaches files or runs Python`;
    findings.add({ severity: "dangerous", reason, ...memberOf(content) });
  }
  return `SavedModel, ${operations.size} kinds of operations`;
}
