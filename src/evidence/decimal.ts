import { z } from "zod";
import { EvidenceError } from "./errors.ts";
import { decimalLimitCharacters } from "./limits.ts";

/** Plain decimal notation: what people compare by eye and every language parses alike. */
const decimalPattern = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;

/** RFC 8259 number, in parts: sign, integer, fraction, exponent. */
const numberPattern = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,6}))?$/;

/**
 * A number that decides something, as text: `0.7104`. No exponent, no plus sign, no NaN, no infinity.
 *
 * A float would change on its way through another program, and the bytes under a signature with it.
 */
export const Decimal = z.string().max(decimalLimitCharacters).regex(decimalPattern);
export type Decimal = z.infer<typeof Decimal>;

/** `units / 10^scale`. */
interface Scaled {
  readonly units: bigint;
  readonly scale: number;
}

/**
 * Writes a JSON number in plain decimal notation, digit for digit: `1e-05` becomes `0.00001`, `0.50` stays.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID` for anything else, `NaN` and `Infinity` included: every comparison
 * with NaN is false, so that a gate that asks "is it worse?" would let it pass.
 */
export function toDecimal(text: string): Decimal {
  const [, sign = "", integer = "", fraction = "", exponent = "0"] = numberPattern.exec(text) ?? [];
  const shift = Number(exponent);
  if (integer === "" || Math.abs(shift) > decimalLimitCharacters || text.length > decimalLimitCharacters) {
    throw notDecimal(text);
  }
  const digits = integer + fraction;
  const point = integer.length + shift;
  const whole = digits.slice(0, Math.max(point, 0)).padEnd(Math.max(point, 0), "0");
  const rest = "0".repeat(Math.max(-point, 0)) + digits.slice(Math.max(point, 0));
  const plain = `${whole.replace(/^0+(?=[0-9])/, "") || "0"}${rest === "" ? "" : `.${rest}`}`;
  const signed = /[1-9]/.test(plain) ? sign + plain : plain;
  if (signed.length > decimalLimitCharacters) throw notDecimal(text);
  return signed;
}

/** Orders two decimals exactly: -1, 0 or 1. @throws {@link EvidenceError} `EVIDENCE_INVALID`. */
export function compareDecimals(left: Decimal, right: Decimal): -1 | 0 | 1 {
  const { units } = difference(left, right);
  return units < 0n ? -1 : units > 0n ? 1 : 0;
}

/**
 * Computes `left - right` exactly, with as many places as the longer of the two. @throws like {@link compareDecimals}.
 */
export function subtractDecimals(left: Decimal, right: Decimal): Decimal {
  return format(difference(left, right));
}

function difference(left: Decimal, right: Decimal): Scaled {
  const [a, b] = [parseDecimal(left), parseDecimal(right)];
  const scale = Math.max(a.scale, b.scale);
  return { units: rescale(a, scale) - rescale(b, scale), scale };
}

function parseDecimal(text: string): Scaled {
  if (text.length > decimalLimitCharacters || !decimalPattern.test(text)) throw notDecimal(text);
  const point = text.indexOf(".");
  const scale = point < 0 ? 0 : text.length - point - 1;
  return { units: BigInt(text.replace(".", "")), scale };
}

function rescale({ units, scale }: Scaled, target: number): bigint {
  return units * 10n ** BigInt(target - scale);
}

function format({ units, scale }: Scaled): Decimal {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const split = digits.length - scale;
  const fraction = scale === 0 ? "" : `.${digits.slice(split)}`;
  return `${units < 0n ? "-" : ""}${digits.slice(0, split)}${fraction}`;
}

function notDecimal(text: string): EvidenceError {
  return new EvidenceError(
    "EVIDENCE_INVALID",
    `${JSON.stringify(text.slice(0, 50))} is not a finite decimal number of at most ${decimalLimitCharacters} characters`,
  );
}
