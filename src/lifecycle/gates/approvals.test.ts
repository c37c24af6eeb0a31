import { expect, test } from "vitest";
import { typeOf } from "../../../test/support/lifecycle.ts";
import { type Draft, head, now, situationOf } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import { toContentDigest } from "../../evidence/predicates/digest-set.ts";
import { decide } from "../decision/decide.ts";
import type { Situation } from "../decision/situation.ts";
import type { ApprovalRule, TransitionKind } from "../policy/schema.ts";
import { approvalsGate, countedApprovals } from "./approvals.ts";

interface Asked {
  readonly approvals: Draft["approvals"];
  readonly rule?: Partial<ApprovalRule>;
  readonly kind?: TransitionKind;
  readonly more?: Partial<Situation>;
  /** What the statements are instead of approvals. */
  readonly as?: string;
}

const byLea = (change: object = {}) => [{ by: "lea", change }] as const satisfies Draft["approvals"];

/** What the gate says of a move of version 2 that one lead has to approve, and whose approvals count. */
function judge({ approvals, rule, kind, more, as }: Asked) {
  const situation = situationOf((d) => (d.approvals = [...approvals]));
  const statements = situation.statements.map((one) =>
    as !== undefined && one.predicateType === typeOf.approval ? { ...one, predicateType: as } : one,
  );
  const asked: Situation = {
    ...{ ...situation, statements, ...more },
    rule: { ...situation.rule, ...(kind ? { kind } : {}) },
  };
  const demanded = asked.rule.approvals;
  if (!demanded) throw new Error("the move asks for no approvals");
  const input = { gate: "approvals", rule: { ...demanded, ...rule }, evaluators: [] };
  const { passed, reason, evidence, fix } = approvalsGate(asked, input);
  const counted = countedApprovals(asked, input).map(({ member }) => member.name);
  return { passed, reason, named: evidence.map(({ signer }) => signer), counted, fix };
}

const bad = { by: "alice2" } as const;
const pushed = "alice approved, but also signed the model";
/** On evidence that more statements do not change. */
const bound = { evidenceSet: toContentDigest(digestOf("bound")) };
const two = { count: 2, roles: ["lead", "owner"] };

test.each<readonly [what: string, asked: Asked, reason: string, named: readonly string[]]>([
  ["one of one", { approvals: byLea() }, "lea (lead)", ["lea"]],
  ["a bad one beside it is not named", { approvals: [bad, { by: "lou" }] }, "lou (lead)", ["lou"]],
  ["roles", { approvals: byLea(), rule: { roles: ["owner", "lead"] } }, "lea (owner or lead)", ["lea"]],
  [
    "by each of two roles",
    { approvals: [{ by: "lea" }, { by: "olga" }], rule: { ...two, each: ["owner", "lead"] } },
    "lea, olga (lead or owner)",
    ["lea", "olga"],
  ],
  ["of this policy", { approvals: byLea({ approvedAt: "2026-11-20T12:05:00Z" }) }, "lea (lead)", ["lea"]],
  ["as old as may be", { approvals: byLea({ approvedAt: "2026-11-17T12:00:00Z" }) }, "lea (lead)", ["lea"]],
  ["before the first record", { approvals: byLea({ chainHead: null }), more: { head: null } }, "lea (lead)", ["lea"]],
  ["of an emergency", { approvals: byLea({ kind: "break-glass" }), kind: "break-glass" }, "lea (lead)", ["lea"]],
  ["of a rollback, which names no kind", { approvals: byLea(), kind: "rollback" }, "lea (lead)", ["lea"]],
  ["of a retirement, which names no kind", { approvals: byLea(), kind: "retire" }, "lea (lead)", ["lea"]],
  [
    "under the policy of the time",
    {
      approvals: byLea({ policy: { digest: toContentDigest(digestOf("old policy")) } }),
      more: { boundPolicy: digestOf("old policy") },
    },
    "lea (lead)",
    ["lea"],
  ],
  [
    "on the evidence of the time",
    {
      approvals: byLea({ evidenceSet: toContentDigest(digestOf("old set")) }),
      more: { boundEvidence: digestOf("old set") },
    },
    "lea (lead)",
    ["lea"],
  ],
])("approvals: %s", (_what, asked, reason, named) => {
  expect(judge(asked)).toEqual({ passed: true, reason, named, counted: named, fix: undefined });
});

test.each<readonly [what: string, asked: Asked, reason: string, named: readonly string[]]>([
  ["none", { approvals: [] }, "0 of 1 (lead)", []],
  [
    "something else that reads like one",
    { approvals: byLea(bound), as: typeOf.vulns, more: { boundEvidence: digestOf("bound") } },
    "0 of 1 (lead)",
    [],
  ],
  [
    "one of two",
    { approvals: [bad, { by: "lou" }], rule: { count: 2 } },
    `1 of 2 (lead): ${pushed}`,
    ["alice2", "lou"],
  ],
  ["one reason, said once", { approvals: [bad, bad] }, `0 of 1 (lead): ${pushed}`, ["alice2", "alice2"]],
  [
    "none by one of two roles",
    { approvals: byLea(), rule: { ...two, count: 1, each: ["lead", "owner"] } },
    "1 of 1 (lead or owner), none by owner",
    ["lea"],
  ],
  [
    "by no role of those",
    { approvals: [{ by: "mike" }] },
    "0 of 1 (lead): mike approved, but has none of the roles",
    ["mike"],
  ],
  [
    "unreadable",
    { approvals: byLea({ approvedAt: "soon" }) },
    "0 of 1 (lead): lea signed an approval that cannot be read",
    ["lea"],
  ],
  [
    "after the first record",
    { approvals: byLea(), more: { head: null } },
    `0 of 1 (lead): lea approved for another chain head (${head}, expected none)`,
    ["lea"],
  ],
  [
    "of an ordinary move",
    { approvals: byLea(), kind: "break-glass" },
    "0 of 1 (lead): lea approved for another kind of move (promote, expected break-glass)",
    ["lea"],
  ],
  [
    "of an emergency",
    { approvals: byLea({ kind: "break-glass" }) },
    "0 of 1 (lead): lea approved for another kind of move (break-glass, expected promote)",
    ["lea"],
  ],
  [
    "of the future",
    { approvals: byLea({ approvedAt: "2026-11-20T12:05:01Z" }) },
    "0 of 1 (lead): lea approved at 2026-11-20T12:05:01Z, which is in the future",
    ["lea"],
  ],
  [
    "over",
    { approvals: byLea({ expiresAt: now.toISOString() }) },
    `0 of 1 (lead): lea approved until ${now.toISOString()}, which is over`,
    ["lea"],
  ],
  [
    "too old",
    { approvals: byLea({ approvedAt: "2026-11-17T11:59:59Z" }) },
    "0 of 1 (lead): lea approved at 2026-11-17T11:59:59Z, more than 72h ago",
    ["lea"],
  ],
])("approvals: denied: %s", (_what, asked, reason, named) => {
  const kind = asked.kind ? ` --kind ${asked.kind}` : "";
  const fix = `mreg approve ml/risk:v2 --to production${kind}`;
  // The number that the reason gives is that of the last ones named.
  const counted = named.slice(named.length - Number(reason.split(" ")[0]));
  expect(judge(asked)).toEqual({ passed: false, reason, named, counted, fix });
});

test("approvals: a denial names who has not approved yet and may", () => {
  const who = (change: (d: Draft) => void) =>
    decide(situationOf(change)).gates.find(({ gate }) => gate === "approvals")?.who;
  const twoLeads = (d: Draft) => (d.yaml = (yaml) => yaml.replace("approvals: {count: 1,", "approvals: {count: 2,"));
  expect(who((d) => (d.approvals = []))).toEqual(["lea", "lou"]);
  expect(who((d) => twoLeads(d))).toEqual(["lou"]);
});
