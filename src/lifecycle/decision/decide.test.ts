import { describe, expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { all, atTop, inMove } from "../../../test/support/policy-edits.ts";
import {
  attachedAt,
  type Draft,
  failures,
  head,
  item,
  put,
  situationOf,
  statement,
} from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import { decide } from "./decide.ts";

describe("decide", () => {
  test("decide: thresholds of the policy are exact, and their direction is the policy's", () => {
    const withMetrics = (metrics: string) => (d: Draft) => {
      d.yaml = (yaml) =>
        yaml.replace(
          "    claims: required\n    # Not worse",
          `    metrics: ${metrics}\n    claims: required\n    # Not worse`,
        );
    };
    const run = (metrics: string) => failures(decide(situationOf(withMetrics(metrics))));
    expect(run('[{id: loans.accuracy, min: "0.91"}]')).toEqual([]);
    expect(run('[{id: loans.accuracy, min: "0.9100000000000000000001"}]')).toEqual(["eval MREG-E202"]);
    expect(run('[{id: loans.accuracy, max: "0.90"}]')).toEqual(["eval MREG-E202", "eval.baseline MREG-E201"]);
    expect(run('[{id: loans.f1, min: "0"}]')).toEqual(["eval MREG-E205", "eval.baseline MREG-E203"]);
  });

  test("decide: says what it decided, by which policy, and for whom", () => {
    const situation = situationOf(() => {});
    const { digest, name, version } = situation.policy;
    expect(decide(situation)).toMatchObject({
      ...{ model: "ml/risk", version: 2, digest: situation.digest, allowed: true, weakened: [] },
      ...{ from: "staging", to: "production", kind: "promote", decidedAt: situation.now.toISOString() },
      policy: { name, version, digest },
      requester: { name: "mike", person: "mike", roles: ["mlops"] },
    });
  });

  test("decide: judges every gate and says what, who and how for each that fails", () => {
    const decision = decide(situationOf((d) => Object.assign(d, { items: [], approvals: [], requester: "alice" })));
    expect(failures(decision)).toEqual([
      ...["signature", "card", "lineage", "eval", "scan", "canary", "rollback", "runbook"].map(
        (gate) => `${gate} MREG-E101`,
      ),
      ...["approvals MREG-E310", "authorize MREG-E301"],
    ]);
    for (const gate of decision.gates.filter(({ passed }) => !passed)) {
      expect(gate.fix, gate.gate).toBeTruthy();
      expect(gate.who, gate.gate).toBeInstanceOf(Array);
    }
    expect(decision.gates.find(({ gate }) => gate === "card")).toMatchObject({
      reason: "no model card",
      fix: "mreg attach ml/risk:v2 --type card README.md",
      who: ["alice", "ci", "olga"],
    });
  });

  test("decide: names the signer whose evidence does not count, and statements that no known key signed", () => {
    const foreign = [{ digest: digestOf("stranger"), reason: "signed with a key without a hint" }];
    const card = decide(situationOf((d) => put(d, "card", { by: "lea" }))).gates.find(({ gate }) => gate === "card");
    expect(card?.reason).toContain(
      "is signed by lea, who has none of the roles it takes: data-scientist or ci or owner",
    );
    expect(card?.evidence).toEqual([{ digest: digestOf("card"), signer: "lea", time: attachedAt }]);
    const strange = situationOf((d) => put(d, "card"));
    const named = decide({ ...strange, foreign }).gates.find(({ gate }) => gate === "card");
    expect(named?.reason).toContain("no key of the policy signed it: sha256:");
  });

  test("decide: says which binding of an approval broke, and who can approve", () => {
    const broken = decide(
      situationOf((d) => (d.approvals = [{ by: "lea", change: { chainHead: null } }, { by: "alice2" }])),
    );
    const gate = broken.gates.find(({ gate: name }) => name === "approvals");
    expect(gate?.reason).toContain(`0 of 1 (lead): lea approved for another chain head (none, expected ${head})`);
    expect(gate?.reason).toContain("alice approved, but also signed the model");
    expect(gate?.who).toEqual(["lea", "lou"]);
  });

  test("decide: an approval no longer counts when any trusted evidence is added or taken away", () => {
    const base = situationOf(() => {});
    const extra = statement(item("card", predicates.card({ ethics: "yes" }), "olga", "second card"));
    expect(failures(decide({ ...base, statements: [...base.statements, extra] }))).toEqual(["approvals MREG-E310"]);
    const untrusted = statement(item("card", predicates.card(), "norman", "untrusted card"));
    expect(failures(decide({ ...base, statements: [...base.statements, untrusted] }))).toEqual([]);
  });

  test("decide: whoever signed an evaluation that nobody used, or the lineage, may approve", () => {
    const change = (d: Draft) => d.items.push(item("eval", predicates.eval(), "lea", "of a lead"));
    expect(failures(decide(situationOf(change)))).toEqual([]);
    const bySigner = (d: Draft) => {
      put(d, "lineage", { by: "lea" });
      d.yaml = (yaml) =>
        yaml.replace("predicate: lineage\n    signedBy: [", "predicate: lineage\n    signedBy: [lead, ");
    };
    expect(failures(decide(situationOf(bySigner)))).toEqual([]);
  });

  test("decide: an approval that two demands count is recorded once, and one that none counts is not", () => {
    const change = all(inMove("tiers: [{when: {riskClass: [limited]}, approvals: {count: 1, roles: [lead]}}]"), (d) => {
      d.approvals = [{ by: "alice2" }, { by: "lea" }];
    });
    const decision = decide(situationOf(change));
    expect(failures(decision)).toEqual([]);
    expect(decision.approvals).toEqual([digestOf("approval 1")]);
  });

  test("decide: names who asks, when the policy knows the key", () => {
    const asked = (requester: Draft["requester"]) => decide(situationOf((d) => (d.requester = requester)));
    expect(asked("mike").requester).toEqual({ name: "mike", person: "mike", roles: ["mlops"] });
    expect(asked(undefined)).not.toHaveProperty("requester");
    expect(asked("mallory")).not.toHaveProperty("requester");
  });

  test("decide: judges the kind of the move and the policy in use, too, and no waiver reaches them", () => {
    const base = situationOf(atTop("enforcement: {audit: [canary]}"));
    const policyInUse = { name: "another", version: 9, digest: digestOf("another") };
    const decision = decide({ ...base, policyInUse, rule: { ...base.rule, kind: "hold" } });
    const failed = failures(decision).map((one) => one.split(" ")[0]);
    expect(failed).toEqual(expect.arrayContaining(["policy", "reason"]));
  });

  test("decide: is pure: the same situation in another order gives the same evidence set and verdicts", () => {
    const base = situationOf(() => {});
    const shuffled = decide({ ...base, statements: [...base.statements].reverse() });
    const straight = decide(base);
    expect(shuffled.evidenceSet).toBe(straight.evidenceSet);
    expect(shuffled.gates.map(({ gate, code }) => [gate, code])).toEqual(
      straight.gates.map(({ gate, code }) => [gate, code]),
    );
  });

  test("decide: repeats in every verdict that the policy is weakened", () => {
    const decision = decide(
      situationOf((d) => {
        d.yaml = (yaml) =>
          `${yaml.replace("requires: [signature, owner, card, lineage, eval, scan]\n    authorize: {roles: [mlops, ci]}\n  - from: staging", "requires: [signature, owner, lineage, eval, scan]\n    authorize: {roles: [mlops, ci]}\n  - from: staging")}weakens: [card]\n`;
      }),
    );
    expect(decision.weakened).toEqual(["experimental → staging demands no model card"]);
  });
});
