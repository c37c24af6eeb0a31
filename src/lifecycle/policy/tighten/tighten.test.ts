import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { castPolicyYaml, predicates } from "../../../../test/support/lifecycle.ts";
import { cast, type Draft, evalChange, item, now, put, situationOf } from "../../../../test/support/situation.ts";
import { digestOf } from "../../../base/digest.ts";
import { toContentDigest } from "../../../evidence/predicates/digest-set.ts";
import { decide } from "../../decision/decide.ts";
import { evidenceSet } from "../../decision/evidence-view.ts";
import { findTransition } from "../../moves/transition.ts";
import { parsePolicy } from "../parse.ts";
import type { Policy } from "../policy.ts";
import { findBrokenReferences } from "../references.ts";
import { PolicyFile } from "../schema.ts";
import { readYaml } from "../yaml.ts";
import { overlay } from "./overlay.ts";
import { findLoosenings } from "./policy-checks.ts";

const move = { from: "staging", to: "production" };

/** The default policy, and something in every field that can be tightened. */
const base = castPolicyYaml(cast, "24h")
  .replace("version: 1", "version: 3")
  .replace(
    "    claims: required\n    # Not worse",
    `    metrics: [{id: loans.accuracy, min: "0.80"}, {id: loans.p95, max: "300"}]
    minSamples: 100
    maxAge: 30d
    suite: core
    attempts: {max: 3}
    holdout: {minFraction: "0.1"}
    slices: {names: [young], maxGap: "0.1", minSamples: 10}
    categories: {fairness: [{id: loans.gap, max: "0.1"}]}
    rotation: {versions: {2026Q4: {from: 2026-10-01T00:00:00Z, until: 2027-01-01T00:00:00Z}}, overlap: 7d}
    preRegistered: {signedBy: [owner, lead], before: 1d}
    noOverlapWith: lineage
    origin: executed
    claims: required
    # Not worse`,
  )
  .replace(
    "    require: [intendedUse",
    `    licenses: [mit, apache-2.0]
    riskClasses: [limited, high]
    conditions: [{cel: "size(p.fields.license) > 0", message: has a licence}]
    require: [intendedUse`,
  )
  .replace("    require: [run", "    personalData: declared\n    licenses: [cc-by-4.0]\n    require: [run")
  .replace(
    "    soak: {in: staging, min: 24h}",
    "    soak: {in: staging, min: 24h}\n    tiers: [{when: {riskClass: [high]}, approvals: {count: 2, roles: [lead]}}]",
  )
  .replace("retired: {serve: until-sunset}", "retired: {serve: until-sunset, sunset: {min: 30d, max: 90d}}")
  .replace(
    "\nstates:",
    `
naming: {models: [ml/*], owners: [risk-team, fraud-team]}
enforcement: {audit: [canary, canary.baseline], effectiveOn: {runbook: 2026-12-01T00:00:00Z}}
exceptions: {signedBy: [owner, lead], gates: [eval.baseline, eval.slices], maxDuration: 30d}
states:`,
  )
  .replace(
    "evidence:\n",
    "evidence:\n  watched: {predicate: monitoring, signedBy: [ci, mlops], status: [ok, warn], categories: [drift]}\n",
  );

const child = (change: object): string =>
  stringify({
    ...{ apiVersion: "mreg/v1", kind: "LifecyclePolicy", metadata: { name: "team", version: 1, extends: "base.yaml" } },
    ...change,
  });

const rawBase = readYaml(base);
const baseFile = PolicyFile.parse(rawBase);

/** What refuses the extension; empty when it only tightens. The text of the base is read once for all cases. */
function refusal(change: object): string {
  const file = PolicyFile.parse(overlay(rawBase, change));
  const problems = [...findBrokenReferences(file), ...findLoosenings(baseFile, file)];
  return problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
}

const inEval = (change: object) => ({ evidence: { eval: change } });
const inMove = (change: object) => ({ transitions: [{ ...move, ...change }] });
const metrics = (accuracy: object, p95: object) => [
  { id: "loans.accuracy", ...accuracy },
  { id: "loans.p95", ...p95 },
];
const q4 = (until: string) => ({ "2026Q4": { from: "2026-10-01T00:00:00Z", until } });
const plan = { signedBy: ["owner"], before: "1d" };
const approvals = { count: 1, roles: ["lead"], distinctFrom: ["pusher", "evaluator", "requester"], maxAge: "72h" };

/** A field, a value that tightens it, and one that loosens it. */
const fields: readonly (readonly [path: string, tighter: object, looser: object])[] = [
  ["evidence.eval.signedBy", inEval({ signedBy: ["ci"] }), inEval({ signedBy: ["ci", "owner"] })],
  ["evidence.eval.maxAge", inEval({ maxAge: "29d" }), inEval({ maxAge: "31d" })],
  ["evidence.eval.notPartial", inEval({ notPartial: true }), inEval({ notPartial: false })],
  ["evidence.eval.environment", inEval({ environment: ["offline"] }), inEval({ environment: ["offline", "canary"] })],
  ["evidence.eval.suite", inEval({ suite: "core@2026Q4" }), inEval({ suite: "core2@1" })],
  [
    "evidence.eval.metrics",
    inEval({ metrics: metrics({ min: "0.81" }, { max: "299" }) }),
    inEval({ metrics: metrics({ min: "0.799" }, { max: "300" }) }),
  ],
  ["evidence.eval.metrics", {}, inEval({ metrics: metrics({ min: "0.8" }, { max: "300.1" }) })],
  ["evidence.eval.metrics", {}, inEval({ metrics: metrics({ max: "0.8" }, { max: "300" }) })],
  ["evidence.eval.metrics", {}, inEval({ metrics: [{ id: "loans.accuracy", min: "0.9" }] })],
  ["evidence.eval.minSamples", inEval({ minSamples: 101 }), inEval({ minSamples: 99 })],
  ["evidence.eval.origin", inEval({ origin: "executed" }), inEval({ origin: "any" })],
  ["evidence.eval.claims", inEval({ claims: "required" }), inEval({ claims: "optional" })],
  [
    "evidence.eval.baseline",
    inEval({ baseline: { minImprovement: "0.01", ifNone: "deny" } }),
    inEval({ baseline: { minImprovement: "-0.01" } }),
  ],
  ["evidence.eval.baseline", {}, { evidence: { canary: { baseline: { maxRegression: "0.0051" } } } }],
  ["evidence.eval.attempts", inEval({ attempts: { max: 2 } }), inEval({ attempts: { max: 4 } })],
  ["evidence.eval.holdout", inEval({ holdout: { minFraction: "0.2" } }), inEval({ holdout: { minFraction: "0.09" } })],
  ["evidence.eval.slices", inEval({ slices: { names: ["young", "old"] } }), inEval({ slices: { names: ["old"] } })],
  ["evidence.eval.slices", inEval({ slices: { maxGap: "0.05" } }), inEval({ slices: { maxGap: "0.11" } })],
  ["evidence.eval.slices", inEval({ slices: { minSamples: 11 } }), inEval({ slices: { minSamples: 9 } })],
  ["evidence.eval.slices", {}, inEval({ slices: { metrics: [{ id: "loans.f1", min: "0.1" }] } })],
  [
    "evidence.eval.categories",
    inEval({ categories: { robustness: [{ id: "loans.noise", min: "0.5" }] } }),
    inEval({ categories: { fairness: [{ id: "loans.gap", max: "0.2" }] } }),
  ],
  [
    "evidence.eval.rotation",
    inEval({ rotation: { versions: q4("2026-12-01T00:00:00Z"), overlap: "0s" } }),
    inEval({ rotation: { versions: q4("2027-02-01T00:00:00Z") } }),
  ],
  ["evidence.eval.rotation", {}, inEval({ rotation: { overlap: "8d" } })],
  [
    "evidence.eval.rotation",
    {},
    inEval({ rotation: { versions: { "2026Q3": { from: "2026-01-01T00:00:00Z", until: "2027-01-01T00:00:00Z" } } } }),
  ],
  [
    "evidence.eval.preRegistered",
    inEval({ preRegistered: plan }),
    inEval({ preRegistered: { ...plan, before: "1h" } }),
  ],
  ["evidence.eval.preRegistered", {}, inEval({ preRegistered: { signedBy: ["ci"] } })],
  ["evidence.canary.conditions", { evidence: { canary: { conditions: [{ cel: "true", message: "x" }] } } }, {}],
  [
    "evidence.card.require",
    { evidence: { card: { require: ["intendedUse", "limitations", "riskClass", "license", "ethics"] } } },
    { evidence: { card: { require: [] } } },
  ],
  [
    "evidence.card.licenses",
    { evidence: { card: { licenses: ["mit"] } } },
    { evidence: { card: { licenses: ["mit", "gpl-3.0"] } } },
  ],
  [
    "evidence.card.riskClasses",
    { evidence: { card: { riskClasses: ["high"] } } },
    { evidence: { card: { riskClasses: ["high", "low"] } } },
  ],
  ["evidence.card.conditions", {}, { evidence: { card: { conditions: [] } } }],
  ["evidence.lineage.require", {}, { evidence: { lineage: { require: ["run"] } } }],
  ["evidence.lineage.licenses", {}, { evidence: { lineage: { licenses: ["wtfpl"] } } }],
  ["evidence.scan.coverAllFiles", {}, { evidence: { scan: { coverAllFiles: false } } }],
  ["evidence.scan.maxAge", { evidence: { scan: { maxAge: "30d" } } }, { evidence: { scan: { maxAge: "91d" } } }],
  ["evidence.unused.environment", {}, { evidence: { unused: { environment: "production" } } }],
  [
    "evidence.watched.signedBy",
    { evidence: { watched: { status: ["ok"] } } },
    { evidence: { watched: { signedBy: ["ci", "lead"] } } },
  ],
  [
    "evidence.watched.categories",
    { evidence: { watched: { categories: ["drift", "fairness"] } } },
    { evidence: { watched: { categories: [] } } },
  ],
  ["evidence.rollback.document", {}, { evidence: { rollback: { document: "runbook" } } }],
  ["evidence.runbook.signedBy", { evidence: { runbook: { signedBy: ["mlops"] } } }, {}],
  [
    "transitions",
    inMove({
      requires: ["signature", "owner", "card", "lineage", "eval", "scan", "canary", "rollback", "runbook", "watched"],
    }),
    inMove({ requires: ["signature", "card", "eval"] }),
  ],
  ["transitions", inMove({ authorize: { roles: ["ci"] } }), inMove({ authorize: { roles: ["ci", "lead"] } })],
  [
    "transitions",
    inMove({ approvals: { ...approvals, count: 2 } }),
    inMove({ approvals: { ...approvals, roles: ["lead", "owner"] } }),
  ],
  [
    "transitions",
    inMove({ approvals: { ...approvals, maxAge: "24h" } }),
    inMove({ approvals: { ...approvals, maxAge: "73h" } }),
  ],
  ["transitions", {}, inMove({ approvals: { ...approvals, distinctFrom: ["pusher"] } })],
  ["transitions", inMove({ soak: { in: "staging", min: "2d" } }), inMove({ soak: { in: "staging", min: "1h" } })],
  ["transitions", {}, inMove({ soak: { in: "experimental", min: "2d" } })],
  ["transitions", {}, inMove({ tiers: [] })],
  ["transitions", {}, inMove({ tiers: [{ when: { riskClass: ["high"] }, approvals: { count: 1, roles: ["lead"] } }] })],
  [
    "transitions (experimental → production, promote)",
    {},
    {
      transitions: [
        {
          from: "experimental",
          to: "production",
          requires: ["signature", "card", "eval"],
          authorize: { roles: ["ci"] },
        },
      ],
    },
  ],
  ["states.production", {}, { states: { production: { serve: "shadow" }, live: { serve: "live" } } }],
  ["states.extra", {}, { states: { extra: { serve: "none" } } }],
  [
    "states.retired.sunset",
    { states: { retired: { sunset: { min: "31d", max: "60d" } } } },
    { states: { retired: { sunset: { min: "1d" } } } },
  ],
  ["roles.lead", { roles: { lead: ["lea"] } }, { roles: { lead: ["lea", "lou", "alice2", "mike"] } }],
  ["roles.extra", {}, { roles: { extra: ["norman"] } }],
  ["identities.norman", {}, { identities: { norman: { person: "somebody" } } }],
  [
    "delegations",
    {},
    { delegations: [{ from: "lea", to: "mike", role: "lead", until: "2027-01-01T00:00:00Z", ticket: "X-1" }] },
  ],
  ["naming", { naming: { models: ["ml/risk*"] } }, { naming: { models: ["*"] } }],
  ["naming", { naming: { owners: ["risk-team"] } }, { naming: { owners: ["risk-team", "x"] } }],
  [
    "enforcement",
    { enforcement: { audit: ["canary.baseline"] } },
    { enforcement: { audit: ["canary", "canary.baseline", "scan"] } },
  ],
  [
    "enforcement",
    { enforcement: { effectiveOn: { runbook: "2026-11-01T00:00:00Z" } } },
    { enforcement: { effectiveOn: { runbook: "2027-11-01T00:00:00Z" } } },
  ],
  ["enforcement", {}, { enforcement: { effectiveOn: { scan: "2026-01-01T00:00:00Z" } } }],
  ["exceptions", { exceptions: { gates: ["eval.slices"] } }, { exceptions: { gates: ["eval.slices", "scan"] } }],
  ["exceptions", { exceptions: { maxDuration: "7d" } }, { exceptions: { maxDuration: "31d" } }],
  [
    "weakens",
    {},
    { transitions: [{ from: "experimental", to: "staging", requires: ["signature", "eval"] }], weakens: ["card"] },
  ],
];

describe("extends", () => {
  test.each(fields)("extends: %s may be tightened and never loosened (%#)", (path, tighter, looser) => {
    expect(refusal(tighter)).toBe("");
    if (Object.keys(looser).length > 0)
      expect(refusal(looser)).toContain(path.startsWith("evidence.eval.baseline") ? "baseline" : path);
  });

  test("extends: a role that is empty in the base may be filled, and only then", () => {
    const open = base.replace(/ {2}owner:\n {4}- olga\n/, "  owner: []\n");
    expect(open).not.toBe(base);
    expect(parsePolicy(child({ roles: { owner: ["olga"] } }), { bases: [open] }).roles.get("owner")).toEqual(["olga"]);
  });

  test("extends: the digest covers both texts", () => {
    const digests = [child({}), child({ weakens: [] })].flatMap((text) =>
      [base, `${base}# more\n`].map((other) => parsePolicy(text, { bases: [other] }).digest),
    );
    expect(new Set(digests).size).toBe(4);
  });

  test("extends: a base that is missing, not asked for, or broken is refused", () => {
    expect(() => parsePolicy(child({}))).toThrow(/extends base.yaml, which was not given/);
    expect(() => parsePolicy(base, { bases: [base] })).toThrow(/names no base, but one was given/);
    expect(() => parsePolicy(child({}), { bases: [child({})] })).toThrow(
      /\(in base.yaml\) metadata.extends: extends base.yaml, which was not given/,
    );
    expect(() => parsePolicy(child({}), { bases: [base.replace("serve: shadow", "serve: some")] })).toThrow(
      /\(in base.yaml\) states.staging.serve/,
    );
  });

  test("extends: what an extension allows, its base allows", () => {
    const changes = [{}, ...fields.flatMap(([, tighter, looser]) => [tighter, looser])];
    const parent = parsePolicy(base);
    // The keys are the same in all of them, and slow to read.
    const policies = changes
      .filter((change) => refusal(change) === "")
      .map((change): Policy => {
        const { evidence, transitions, naming, enforcement, exceptions, roles } = PolicyFile.parse(
          overlay(rawBase, change),
        );
        const [rules, names] = [new Map(Object.entries(evidence)), new Map(Object.entries(roles))];
        return {
          ...parent,
          evidence: rules,
          roles: names,
          transitions,
          ...{ naming, enforcement, exceptions },
        } as Policy;
      });
    const answers = events.flatMap((event, at) => {
      const situation = situationOf((d) => {
        compliant(d);
        event(d);
      });
      const { policy, statements } = situation;
      const bound = { boundPolicy: policy.digest, boundEvidence: evidenceSet(policy, statements).digest };
      const under = (other: typeof policy) =>
        decide({
          ...{ ...situation, ...bound, policy: other },
          rule: findTransition(situation.state, other, { version: 2, to: "production" }),
        }).allowed;
      const allowed = under(parent);
      // A third of all pairs, each policy with a third of the events: all of them say no more, and take three times as
      // long.
      const some = policies.filter((_, index) => (index + at) % 3 === 0);
      return some.map((extension) => ({ base: allowed, extension: under(extension) }));
    });
    const count = (one: boolean, other: boolean) =>
      answers.filter(({ base: allowed, extension }) => allowed === one && extension === other).length;
    // All three that may happen do happen, so that the fourth is not missing by chance.
    expect(Math.min(count(true, true), count(true, false), count(false, false))).toBeGreaterThan(10);
    expect(count(false, true)).toBe(0);
  });
});

const measured = { task: "loans", higherIsBetter: true };
/** An evaluation that meets all of the base's demands. */
const good = (accuracy = "0.91", change: Record<string, unknown> = {}) => ({
  results: [
    { ...measured, metric: "accuracy", value: accuracy, n: 150 },
    { ...measured, metric: "accuracy", value: accuracy, n: 20, slice: "young" },
    { ...measured, metric: "p95", value: "200", higherIsBetter: false, n: 150 },
    { ...measured, metric: "p95", value: "200", higherIsBetter: false, n: 20, slice: "young" },
    { ...measured, metric: "gap", value: "0.05", higherIsBetter: false, n: 150 },
  ],
  dataset: { uri: "hf://loans", digest: { sha256: "ab".repeat(32) }, annotations: { holdoutFraction: "0.15" } },
  ...change,
});

const plannedSuite = { name: "core", version: "2026Q4", plan: { digest: toContentDigest(digestOf("plan")) } };

/** A version that meets all of the base's demands. */
function compliant(d: Draft): void {
  put(d, "eval", evalChange(good("0.91", { suite: plannedSuite })));
  d.champion?.items.splice(0, 1, item("eval", predicates.eval("0.90", good("0.90")), "ci", "champion eval"));
  const dataset = { name: "dataset:loans", digest: { sha256: "cd".repeat(32) } };
  const code = { name: "code", uri: "git+https://git.example.com/risk", digest: { gitCommit: "8d".repeat(20) } };
  const resolvedDependencies = [code, { ...dataset, annotations: { license: "cc-by-4.0", containsPII: true } }];
  put(d, "lineage", { predicate: predicates.lineage({ resolvedDependencies }) });
  const planned = { name: "core", version: "2026Q4", metrics: [{ ...measured, metric: "accuracy" }] };
  d.items.push(item("plan", { plannedAt: "2026-11-01T00:00:00Z", suites: [planned], evidence: [] }, "lea", "plan"));
  d.approvals = [{ by: "lou" }];
}

const evalOf =
  (accuracy: string, change: Record<string, unknown> = {}) =>
  (d: Draft) => {
    put(d, "eval", evalChange(good(accuracy, { suite: plannedSuite, ...change }), accuracy));
  };

/** What may happen to such a version. */
const events: readonly ((d: Draft) => void)[] = [
  () => {},
  ...["0.80", "0.79", "0.90", "0.905"].map((value) => evalOf(value)),
  evalOf("0.91", { origin: "imported" }),
  evalOf("0.91", { partial: true }),
  evalOf("0.91", { sampleSize: 1, results: good().results.map(({ n: _, ...rest }) => rest) }),
  evalOf("0.91", { results: good().results.filter((result) => !("slice" in result)) }),
  evalOf("0.91", { results: good().results.filter(({ metric }) => metric !== "gap") }),
  evalOf("0.91", { dataset: { ...good().dataset, digest: { sha256: "cd".repeat(32) } } }),
  evalOf("0.91", { dataset: { ...good().dataset, annotations: {} } }),
  (d) => put(d, "eval", { by: "olga" }),
  (d) => put(d, "eval", { by: "ci" }),
  (d) => put(d, "plan", { by: "alice" }),
  (d) => put(d, "plan"),
  ...["high", "low"].map((riskClass) => (d: Draft) => put(d, "card", { predicate: predicates.card({ riskClass }) })),
  (d) => put(d, "card", { predicate: predicates.card({ license: "gpl-3.0" }) }),
  ...["signature", "lineage", "scan", "runbook", "canary", "rollback"].map((id) => (d: Draft) => put(d, id)),
  (d) => (d.approvals = [{ by: "lea" }, { by: "lou" }]),
  (d) => (d.approvals = [{ by: "olga" }]),
  (d) =>
    (d.approvals = [{ by: "lou", change: { approvedAt: new Date(now.getTime() - 40 * 3_600_000).toISOString() } }]),
  (d) =>
    (d.approvals = [{ by: "lou", change: { approvedAt: new Date(now.getTime() - 72.5 * 3_600_000).toISOString() } }]),
  (d) => (d.entered = { staging: "2026-11-18T11:00:00Z" }),
  (d) => (d.entered = { staging: "2026-11-20T11:00:00Z" }),
  (d) => (d.requester = "ci"),
  (d) => (d.requester = "lea"),
  (d) => (d.situation = { owner: "fraud-team" }),
  (d) => (d.situation = { owner: "x" }),
];
