import { expect, test } from "vitest";
import { situationOf } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import type { Policy } from "../policy/policy.ts";
import { policyGate } from "./policy.ts";

const base = situationOf(() => {});
const named = (name: string, version: number) => ({ name, version, digest: digestOf(`${name}@${version}`) });
const follows = { code: "MREG-OK", passed: true, reason: "follows risk@7" };
const denies = (code: string) => ({ code, passed: false, fix: expect.any(String) });

test.each<readonly [what: string, policy: Partial<Policy>, isReplay: boolean, expected: object]>([
  ["is the same", named("risk", 7), false, follows],
  ["is the next version", named("risk", 8), false, follows],
  ["is an older version", named("risk", 6), false, denies("MREG-E413")],
  ["was edited under its version", { ...named("risk", 7), digest: digestOf("edited") }, false, denies("MREG-E414")],
  ["has another name", named("lax", 8), false, denies("MREG-E415")],
  ["has another name and replaces a third", { ...named("lax", 8), replaces: ["x"] }, false, denies("MREG-E415")],
  ["has another name and says so", { ...named("finance", 8), replaces: ["x", "risk"] }, false, follows],
  ["is the reader's own, of another name", named("lax", 8), true, follows],
  [
    "is the reader's own, and was edited",
    { ...named("risk", 7), digest: digestOf("edited") },
    true,
    denies("MREG-E414"),
  ],
])("policy: after risk@7 comes one that %s", (_what, policy, isReplay, expected) => {
  const situation = { ...base, policyInUse: named("risk", 7), policy: { ...base.policy, ...policy } };
  const bound = { boundPolicy: digestOf("of the record") };
  expect(policyGate(isReplay ? { ...situation, ...bound } : situation)).toMatchObject([expected]);
});

test("policy: the first one of a history follows none", () => {
  expect(policyGate(base)).toEqual([]);
});
