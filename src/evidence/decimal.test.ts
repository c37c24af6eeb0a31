import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareDecimals, subtractDecimals, toDecimal } from "./decimal.ts";

/** A decimal of up to 15 places, with the integer it is when multiplied by 10^15. */
const decimals = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 15 }))
  .map(([units, scale]) => {
    const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
    const fraction = scale === 0 ? "" : `.${digits.slice(digits.length - scale)}`;
    const text = `${units < 0n ? "-" : ""}${digits.slice(0, digits.length - scale)}${fraction}`;
    return { text, scaled: units * 10n ** BigInt(15 - scale) };
  });

describe("toDecimal", () => {
  it.each([
    ["0.7104", "0.7104"],
    ["0.50", "0.50"],
    ["0.0", "0.0"],
    ["-0.0", "0.0"],
    ["-0", "0"],
    ["1e-05", "0.00001"],
    ["2.828E-4", "0.0002828"],
    ["1.5e3", "1500"],
    ["12.345e1", "123.45"],
    ["12.345e-3", "0.012345"],
    ["-7e2", "-700"],
    ["0.0002828144211304471", "0.0002828144211304471"],
    ["0e5", "0"],
    ["1E+2", "100"],
  ])("writes %s as %s", (from, to) => {
    expect(toDecimal(from)).toBe(to);
  });

  it.each([
    "NaN",
    "Infinity",
    "-Infinity",
    "N/A",
    "",
    " 1",
    "+1",
    ".5",
    "1.",
    "01",
    "0x10",
    "1e400",
    "1e-400",
    "1e99999999",
    "9".repeat(101),
  ])("refuses %s", (text) => {
    expect(() => toDecimal(text)).toThrow(/not a finite decimal/);
  });

  it("keeps the value of every finite double", () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e60, max: 1e60 }), (value) => {
        fc.pre(value === 0 || Math.abs(value) > 1e-60);
        expect(Number(toDecimal(String(value).replace("e+", "e")))).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});

describe("exact arithmetic", () => {
  it("tells numbers apart that are one double", () => {
    expect(Number("0.10000000000000000001")).toBe(Number("0.1"));
    expect(compareDecimals("0.10000000000000000001", "0.1")).toBe(1);
    expect(subtractDecimals("0.3", "0.1")).toBe("0.2");
    expect(subtractDecimals("0.7104", "0.7149")).toBe("-0.0045");
    expect(compareDecimals("0.70", "0.7")).toBe(0);
    expect(compareDecimals("-0.5", "-0.25")).toBe(-1);
  });

  it("compares and subtracts as integers do", () => {
    fc.assert(
      fc.property(decimals, decimals, (left, right) => {
        const order = left.scaled < right.scaled ? -1 : left.scaled > right.scaled ? 1 : 0;
        expect(compareDecimals(left.text, right.text)).toBe(order);
        const difference = subtractDecimals(left.text, right.text);
        expect(compareDecimals(difference, "0")).toBe(order);
        // Subtracting from the left again gives the right: no digit was lost.
        expect(compareDecimals(subtractDecimals(left.text, difference), right.text)).toBe(0);
      }),
    );
  });

  it.each(["1e5", "NaN", "", "1 ", "0x1", "1".repeat(101)])("refuses %s instead of guessing", (text) => {
    expect(() => compareDecimals("0", text)).toThrow(/not a finite decimal/);
    expect(() => subtractDecimals(text, "0")).toThrow(/not a finite decimal/);
  });
});
