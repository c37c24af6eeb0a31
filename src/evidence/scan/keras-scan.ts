import { type JsonValue, parseStrictJson } from "../../base/json.ts";
import { documentLimitBytes } from "../../base/limits.ts";
import type { RangeReader } from "../../model/weights/range-reader.ts";
import { isDangerousGlobal } from "./dangerous-globals.ts";
import type { ScanFindings } from "./verdict.ts";

/** Modules whose classes a Keras configuration may name: Keras finds them itself. */
const kerasModules = /^(?:keras|tf_keras|tensorflow\.keras|keras_hub|keras_nlp|keras_cv|builtins)(?:\.|$)/;

/**
 * Judges the configuration of a Keras model, `config.json` of an archive or an attribute of HDF5: layers are data, but
 * those that bring code.
 */
export async function scanKerasConfig(
  read: RangeReader,
  member: string | undefined,
  findings: ScanFindings,
): Promise<void> {
  const at = member === undefined ? {} : { member };
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
    if (!Array.isArray(value)) judgeClass(value, at, findings);
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(config);
}

/** `{"module": "os", "class_name": "function", "config": "system"}` imports as a pickle does (CVE-2025-1550). */
function judgeClass(
  value: { readonly [key: string]: JsonValue },
  at: { readonly member?: string },
  findings: ScanFindings,
): void {
  const { class_name: name, module, config } = value;
  if (name === "Lambda" || name === "__lambda__") {
    findings.add({ severity: "dangerous", reason: "a Lambda layer, which is Python code", ...at });
  }
  if (typeof module !== "string" || kerasModules.test(module)) return;
  const imported = typeof config === "string" ? config : typeof name === "string" ? name : "";
  const isDangerous = isDangerousGlobal(module, imported);
  findings.add({
    severity: isDangerous ? "dangerous" : "suspicious",
    reason: isDangerous ? "imports what runs code or reaches the system" : "imports what is not known to be harmless",
    ...at,
    global: `${module}.${imported}`,
  });
}
