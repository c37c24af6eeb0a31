import { expect, test } from "vitest";
import { add, all, edit } from "../../../test/support/policy-edits.ts";
import { situationOf } from "../../../test/support/situation.ts";
import { decide } from "../decision/decide.ts";

const stated = (change: object) => ({ observedAt: "2026-11-19T00:00:00Z", consumers: [], ...change });
const shop = { name: "shop", environment: "live" };
const rule = (more: string) =>
  all(
    edit(
      "  runbook: {document: runbook}",
      `  free: {predicate: consumers, signedBy: [ci]${more}}\n  runbook: {document: runbook}`,
    ),
    edit("scan, canary, rollback, runbook]", "scan, canary, rollback, runbook, free]"),
  );
const live = ", environment: live";
const nowhere = "no statement of who still uses it";

test.each<readonly [what: string, more: string, change: object, reason: string]>([
  ["nobody, anywhere", "", {}, "nobody uses it"],
  ["nobody, and only a test was looked at", "", { environments: ["test"] }, "nobody uses it"],
  ["somebody", "", { consumers: [shop] }, "1 still use it: shop"],
  ["nobody there", live, { environments: ["live", "test"] }, "nobody uses it"],
  ["nobody, everywhere", live, {}, "nobody uses it"],
  ["looked elsewhere", live, { environments: ["test"] }, nowhere],
  ["somebody there", live, { environments: ["live"], consumers: [shop] }, "1 still use it: shop"],
])("consumers: %s%s", (_what, more, change, reason) => {
  const { gates } = decide(situationOf(all(rule(more), add("consumers", stated(change), "ci"))));
  expect(gates.find(({ gate }) => gate === "free")?.reason).toBe(reason);
});

test("consumers: conditions are judged", () => {
  const asked = rule(', conditions: [{cel: "size(p.consumers) > 0", message: somebody uses it}]');
  const { gates } = decide(situationOf(all(asked, add("consumers", stated({}), "ci"))));
  expect(gates.find(({ gate }) => gate === "free.conditions")).toMatchObject({ passed: false, code: "MREG-E250" });
});
