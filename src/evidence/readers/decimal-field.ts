import { toDecimal } from "../decimal.ts";
import { EvidenceError } from "../errors.ts";

/**
 * p-values go down to 1e-308, which no decimal of a statement has room for; none is compared with anything so small.
 */
const tinyPattern = /^-?\d(?:\.\d{1,40})?e-(?:[4-9]\d|[12]\d\d|30\d)$/i;

/**
 * A score of a statistical test as a decimal; what is below 1e-40 is written as 0. @throws like {@link decimalField}.
 */
export function scoreField(value: string, where: string, file: string): string {
  return tinyPattern.test(value) ? "0.0" : decimalField(value, where, file);
}

/**
 * A number of a file as a decimal. @param where - its place, for the message. @throws {@link EvidenceError}
 * `EVIDENCE_INVALID`.
 */
export function decimalField(value: unknown, where: string, file: string): string {
  try {
    return toDecimal(typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing"));
  } catch (cause) {
    throw new EvidenceError("EVIDENCE_INVALID", `${where.slice(0, 100)}: ${(cause as Error).message}`, { file, cause });
  }
}
