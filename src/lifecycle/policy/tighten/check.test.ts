import { expect, test } from "vitest";
import {
  atLeast,
  type Check,
  higher,
  keeps,
  longer,
  lower,
  nested,
  same,
  shorter,
  staysTrue,
  within,
} from "./check.ts";

const size = nested<{ readonly least: number | undefined; readonly age: string | undefined }>({
  least: atLeast,
  age: shorter,
});

test.each<readonly [name: string, check: Check<never>, base: unknown, child: unknown]>([
  ["same", same, { one: 1, other: [1, null] }, { other: [1, null], one: 1 }],
  ["same", same, undefined, undefined],
  ["staysTrue", staysTrue, true, true],
  ["staysTrue", staysTrue, false, false],
  ["within", within, undefined, ["a"]],
  ["within", within, undefined, undefined],
  ["within", within, ["a", "b"], ["b"]],
  ["keeps", keeps, undefined, undefined],
  ["keeps", keeps, undefined, ["a"]],
  ["atLeast", atLeast, undefined, undefined],
  ["atLeast", atLeast, undefined, 1],
  ["atLeast", atLeast, 2, 2],
  ["atLeast", atLeast, 2, 3],
  ["longer", longer, "24h", "1d"],
  ["longer", longer, "24h", "2d"],
  ["shorter", shorter, "2d", "24h"],
  ["higher", higher, "0.9", "0.91"],
  ["lower", lower, "0.9", "0.10"],
  ["nested", size, undefined, { least: 1 }],
  ["nested", size, { least: 1, age: "1d" }, { least: 1, age: "1h" }],
])("check: %s: %2$j may become %3$j", (_name, check, base, child) => {
  expect(check(base as never, child as never)).toBeUndefined();
});

test.each<readonly [name: string, check: Check<never>, base: unknown, child: unknown, says: string]>([
  ["same", same, [1, 2], [2, 1], "is [2,1], the base has [1,2]"],
  ["same", same, ["x"], { 0: "x" }, 'is {"0":"x"}, the base has ["x"]'],
  ["same", same, "x", undefined, 'is nothing, the base has "x"'],
  ["same", same, undefined, "x", 'is "x", the base has nothing'],
  ["staysTrue", staysTrue, true, false, "is false, the base has true"],
  ["within", within, ["a", "b"], undefined, "allows anything, the base only a, b"],
  ["within", within, ["a"], ["c", "a", "d"], "adds c, d"],
  ["keeps", keeps, ["a"], undefined, "drops a"],
  ["keeps", keeps, ["a", "b", "c"], ["b", "x"], "drops a, c"],
  ["atLeast", atLeast, 2, undefined, "drops 2"],
  ["atLeast", atLeast, 2, 1, "is 1, the base has 2"],
  ["longer", longer, "2d", "24h", "is 24h, the base has 2d"],
  ["shorter", shorter, "24h", "2d", "is 2d, the base has 24h"],
  ["higher", higher, "0.9", "0.10", "is 0.10, the base has 0.9"],
  ["lower", lower, "0.9", "0.91", "is 0.91, the base has 0.9"],
  ["nested", size, { least: 1 }, undefined, "is dropped"],
  ["nested", size, { least: 2, age: "1d" }, { least: 1 }, "least is 1, the base has 2, age drops 1d"],
])("check: %s: %2$j may not become %3$j: %4$s", (_name, ...[check, base, child, says]) => {
  expect(check(base as never, child as never)).toBe(says);
});
