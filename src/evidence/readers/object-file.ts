import { decodeUtf8 } from "../../base/bytes.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import { type JsonObject, looksLikeJson, readExactJsonObject } from "./json-file.ts";
import { parseYamlObject } from "./yaml-file.ts";

/** Reads a mapping, in JSON or YAML, with every number as the text it was written in. @throws {@link EvidenceError}. */
export function readObjectFile(file: EvidenceFile): JsonObject {
  return looksLikeJson(file) ? readExactJsonObject(file) : parseYamlObject(textOfFile(file), file.path);
}

/** The whole file as text. @throws {@link EvidenceError} `EVIDENCE_INVALID`. */
export function textOfFile(file: EvidenceFile): string {
  try {
    return decodeUtf8(file.bytes);
  } catch (cause) {
    throw new EvidenceError("EVIDENCE_INVALID", "it is not UTF-8 text", { file: file.path, cause });
  }
}
