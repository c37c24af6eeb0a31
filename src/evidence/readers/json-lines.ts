import { parseStrictJson } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import { jsonLineLimit, jsonLineLimitBytes } from "../limits.ts";
import { type JsonObject, objectOf, readExactJson } from "./json-file.ts";

const lineFeed = 0x0a;

/**
 * Reads JSON lines one after the other, so that a file of any length takes the memory of its longest line.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID`, with the number of the line.
 */
export function* jsonLines(file: EvidenceFile): Generator<JsonObject> {
  const { path, bytes } = file;
  let number = 0;
  for (let start = 0; start < bytes.byteLength; ) {
    const feed = bytes.indexOf(lineFeed, start);
    const end = feed < 0 ? bytes.byteLength : feed;
    const line = bytes.subarray(start, end);
    start = end + 1;
    if (++number > jsonLineLimit) {
      throw new EvidenceError("EVIDENCE_INVALID", `it has more than ${jsonLineLimit} lines`, { file: path });
    }
    if (line.byteLength > jsonLineLimitBytes) {
      const message = `line ${number} has ${line.byteLength} bytes, expected at most ${jsonLineLimitBytes}`;
      throw new EvidenceError("EVIDENCE_INVALID", message, { file: path });
    }
    if (line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09)) continue;
    const object = objectOf(readExactJson({ ...file, path: `${path} line ${number}`, bytes: line }));
    if (!object) throw new EvidenceError("EVIDENCE_INVALID", `line ${number} is no JSON object`, { file: path });
    yield object;
  }
}

/** The first line as an object, when the file may be JSON lines at all. Never throws. */
export function firstJsonLine({ bytes }: EvidenceFile): JsonObject | undefined {
  const feed = bytes.indexOf(lineFeed);
  const line = bytes.subarray(0, feed < 0 ? bytes.byteLength : feed);
  if (line.byteLength > jsonLineLimitBytes || line[0] !== 0x7b) return undefined;
  try {
    return objectOf(parseStrictJson(line));
  } catch {
    return undefined;
  }
}
