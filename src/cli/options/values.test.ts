import { expect, test } from "vitest";
import { parseAge, parseBytes } from "./values.ts";

for (const [text, bytes] of [
  ["0", 0],
  ["1024", 1024],
  ["1.5GiB", 1_610_612_736],
  ["50GB", 50e9],
  ["2TiB", 2 ** 41],
] as const) {
  test(`parseBytes: ${text} has ${bytes} bytes`, () => expect(parseBytes(text)).toBe(bytes));
}

for (const text of ["", "GB", "-1", "1e9", "1 GB", "1gb", "1PB", "9999999999999TiB", "1.2345GB"]) {
  test(`parseBytes: refuses ${JSON.stringify(text)}`, () => expect(() => parseBytes(text)).toThrow("expected a size"));
}

for (const [text, ms] of [
  ["90m", 5_400_000],
  ["30d", 2_592_000_000],
  ["0d", 0],
] as const) {
  test(`parseAge: ${text} has ${ms} ms`, () => expect(parseAge(text)).toBe(ms));
}

for (const text of ["", "30", "d", "1y", "-1d", "1.5d", "030d"]) {
  test(`parseAge: refuses ${JSON.stringify(text)}`, () => expect(() => parseAge(text)).toThrow("expected a duration"));
}
