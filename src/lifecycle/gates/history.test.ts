import { expect, test } from "vitest";
import { situationOf } from "../../../test/support/situation.ts";
import { sunsetGate } from "./history.ts";

const base = situationOf(() => {});
const retired = base.policy.states.get("retired");
if (!retired) throw new Error("the policy has no state retired");

/** What the gate says at noon of 20 November 2026 of a sunset, where the policy has bounds for it. */
function judge(sunset: string | undefined, bounds?: { min?: string; max?: string }) {
  const { sunset: _own, ...rest } = retired as typeof retired & object;
  const states = new Map(base.policy.states).set("retired", {
    ...rest,
    ...(bounds ? { sunset: bounds } : {}),
  });
  const { passed, reason } = sunsetGate({
    ...base,
    rule: { ...base.rule, to: "retired" },
    policy: { ...base.policy, states },
    ...(sunset === undefined ? {} : { sunset }),
  });
  return passed ? "passed" : reason;
}

const bounds = { min: "30d", max: "90d" };

/** Clocks may differ by five minutes. */
test.each<readonly [sunset: string | undefined, bounds: { min?: string; max?: string } | undefined, said: string]>([
  [undefined, undefined, "the request names no sunset"],
  ["soon", undefined, "the sunset is soon, expected a time to come"],
  ["2026-11-20T11:54:59Z", undefined, "the sunset is 2026-11-20T11:54:59Z, expected a time to come"],
  ["2026-11-20T11:55:00Z", undefined, "passed"],
  ["2036-11-20T12:00:00Z", undefined, "passed"],
  ["2026-12-20T11:54:59Z", bounds, "the sunset is in 29d, expected at least 30d"],
  ["2026-12-20T11:55:00Z", bounds, "passed"],
  ["2027-02-18T12:05:00Z", bounds, "passed"],
  ["2027-02-18T12:05:01Z", bounds, "the sunset is in 90d, expected at most 90d"],
  ["2026-11-21T12:00:00Z", { max: "90d" }, "passed"],
  ["2036-11-20T12:00:00Z", { min: "30d" }, "passed"],
])("sunset: %s within %j: %s", (sunset, within, said) => {
  expect(judge(sunset, within)).toBe(said);
});
