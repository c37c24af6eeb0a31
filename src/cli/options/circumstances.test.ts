import { expect, test } from "vitest";
import { circumstancesOf } from "./circumstances.ts";

test.each([
  [{ slot: "canary", weight: 10 }, { circumstances: { slot: "canary", weight: 10 } }],
  [{ slot: "main" }, { kind: "assign" }],
  [
    { breakGlass: true, slot: "canary" },
    { kind: "break-glass", circumstances: { slot: "canary" } },
  ],
])("%j asks for %j", (options, asked) => {
  expect(circumstancesOf(options)).toEqual(asked);
});

test.each([
  { breakGlass: true, followUp: true },
  { breakGlass: true, slot: "main" },
  { followUp: true, slot: "main" },
])("%j exclude each other", (options) => {
  expect(() => circumstancesOf(options)).toThrow(/exclude each other/);
});
