import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { all, atTop, inCard, inEval, inMove } from "../../../test/support/policy-edits.ts";
import { attachedAt, evalChange, item, put, situationOf, statement } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import { predicateTypes } from "../../evidence/predicate-types.ts";
import { decide } from "./decide.ts";
import type { Situation } from "./situation.ts";

/** A policy with something of everything, and a version that meets it. */
const base = situationOf(
  all(
    inEval(
      'minSamples: 10\n    attempts: {max: 2}\n    slices: {names: [young], metrics: [{id: loans.accuracy, min: "0.5"}]}',
    ),
    inCard("licenses: [mit]\n    riskClasses: [limited, high]"),
    inMove("tiers: [{when: {riskClass: [high]}, approvals: {count: 2, roles: [lead]}}]"),
    atTop(
      "enforcement: {audit: [canary.baseline]}\nexceptions: {signedBy: [owner], gates: [runbook], maxDuration: 30d}\nnaming: {models: [ml/*]}",
    ),
    (d) => {
      const result = { task: "loans", metric: "accuracy", value: "0.91", higherIsBetter: true, n: 50 };
      put(d, "eval", evalChange({ results: [result, { ...result, slice: "young" }] }));
    },
  ),
);

const cast = [...base.policy.members.keys()] as Parameters<typeof item>[2][];
const extras = [
  item("card", predicates.card({ riskClass: "high" }), "olga", "card high"),
  item("card", {}, "ci", "broken card"),
  item("card", {}, "norman", "invisible card"),
  item("eval", predicates.eval("0.80", { evaluatedAt: "2026-11-11T00:00:00Z" }), "ci", "failure"),
  item("eval", predicates.eval("0.99", { evaluatedAt: "2026-11-09T00:00:00Z" }), "ci", "older"),
  item("exception", { anything: true }, "olga", "no exception"),
  item("scan", predicates.scan([]), "ci", "empty scan"),
].map(statement);

/** Approvals that hold whatever was added or taken away: without them no change below could show in the answer. */
const bound = { boundPolicy: base.policy.digest, boundEvidence: decide(base).evidenceSet };

const situations = fc
  .record({
    approved: fc.boolean(),
    dropped: fc.oneof(fc.constant<number[]>([]), fc.subarray([...base.statements.keys()], { maxLength: 2 })),
    added: fc.subarray(extras, { maxLength: 2 }),
    requester: fc.constantFrom(undefined, ...cast),
  })
  .map(({ approved, dropped, added, requester }): Situation => {
    const { requester: _asked, ...rest } = base;
    const fingerprint = requester && base.policy.members.get(requester)?.identity.fingerprint;
    const statements = [...base.statements.filter((_, at) => !dropped.includes(at)), ...added];
    return { ...rest, statements, ...(approved ? bound : {}), ...(fingerprint ? { requester: fingerprint } : {}) };
  });

const options = { numRuns: 60, seed: 20261121 };
const answer = (situation: Situation) => {
  const { allowed, evidenceSet, gates } = decide(situation);
  return { allowed, evidenceSet, codes: gates.map(({ gate, code, waiver }) => [gate, code, waiver?.by]) };
};
/** A denial for something else (missing, then untrusted) is the same answer. */
const passing = (situation: Situation) => decide(situation).gates.flatMap(({ gate, passed }) => (passed ? [gate] : []));

describe("purity", () => {
  test("purity: the version that all start from may move", () => {
    expect(decide(base).allowed).toBe(true);
  });

  test("purity: the same situation has the same answer, whatever the order of evidence, and is left as it was", () => {
    fc.assert(
      fc.property(situations, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (situation, random) => {
        const before = structuredClone(situation.statements);
        const keyed = situation.statements.map((one) => ({ one, key: random.next().value as number }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ one }) => one);
        expect(answer({ ...situation, statements: shuffled })).toEqual(answer(situation));
        expect(situation.statements).toEqual(before);
      }),
      options,
    );
  });

  test("purity: what does not verify changes no answer, added or deleted", () => {
    const foreign = [{ digest: digestOf("stranger"), reason: "signed with another key" }];
    fc.assert(
      fc.property(situations, (situation) => {
        expect(answer({ ...situation, foreign })).toEqual(answer(situation));
      }),
      options,
    );
  });

  test("purity: statements by somebody without a role change no answer, whatever they say", () => {
    const kinds = Object.values(predicateTypes);
    const said = fc.record({ type: fc.constantFrom(...kinds), predicate: fc.dictionary(fc.string(), fc.jsonValue()) });
    fc.assert(
      fc.property(situations, said, (situation, { type, predicate }) => {
        const [member] = [...base.policy.members.values()].filter(({ roles }) => roles.length === 0);
        if (!member) throw new Error("everybody has a role");
        const more = { digest: digestOf("more"), member, predicateType: type, predicate, attachedAt };
        const after = { ...situation, statements: [...situation.statements, more] };
        expect(passing(after)).toEqual(passing(situation));
        expect(answer(after).evidenceSet).toBe(answer(situation).evidenceSet);
      }),
      options,
    );
  });

  test("purity: a time that does not exist, which nobody has signed, is no better than none", () => {
    fc.assert(
      fc.property(situations, fc.nat(), (situation, pick) => {
        const at = pick % Math.max(1, situation.statements.length);
        const dated = (time: object) =>
          situation.statements.map((one, index) => {
            const { attachedAt: _claimed, ...rest } = one;
            return index === at ? { ...rest, ...time } : one;
          });
        const answered = answer({ ...situation, statements: dated({ attachedAt: "2026-13-01T00:00:00Z" }) });
        expect(answered).toEqual(answer({ ...situation, statements: dated({}) }));
      }),
      options,
    );
  });

  test("purity: no gate passes once everything of the kinds that it looked at is gone", () => {
    fc.assert(
      fc.property(situations, fc.nat(), (situation, pick) => {
        const looked = decide(situation).gates.filter(({ passed, evidence }) => passed && evidence.length > 0);
        const gate = looked[pick % Math.max(1, looked.length)];
        if (!gate) return;
        const digests = new Set(gate.evidence.map(({ digest }) => digest));
        const kinds = situation.statements.filter(({ digest }) => digests.has(digest)).map((one) => one.predicateType);
        const statements = situation.statements.filter(({ predicateType }) => !kinds.includes(predicateType));
        expect(passing({ ...situation, statements })).not.toContain(gate.gate);
      }),
      options,
    );
  });

  test("purity: deleting a statement turns a denial into a pass only where an approval or record did not bind it", () => {
    // Approvals bind the evidence: with one required, nothing can be taken away afterwards without its breaking.
    fc.assert(
      fc.property(situations, ({ boundEvidence: _set, boundPolicy: _policy, requester: _asked, ...situation }) => {
        const { allowed, evidence, evidenceSet } = decide(situation);
        if (allowed) return;
        const set = { sha256: evidenceSet.slice("sha256:".length) };
        const approved = situation.statements.map((one) =>
          one.predicateType === predicateTypes.approval
            ? { ...one, predicate: { ...one.predicate, evidenceSet: set } }
            : one,
        );
        for (const gone of evidence) {
          const statements = approved.filter(({ digest }) => digest !== gone);
          expect(decide({ ...situation, statements }).allowed, gone).toBe(false);
        }
      }),
      options,
    );
  });

  test("purity: deleting what a record names denies, whatever it was", () => {
    for (const { digest } of base.statements) {
      const state = base.state.versions.get(2);
      if (!state) throw new Error("version 2 has no state");
      const evidence = [{ predicateType: "any", digest: { sha256: digest.slice("sha256:".length) } }];
      const link = { ...state.link, record: { ...state.link.record, evidence } };
      const versions = new Map(base.state.versions).set(2, { ...state, link });
      const statements = base.statements.filter((one) => one.digest !== digest);
      const decision = decide({ ...base, state: { ...base.state, versions }, statements });
      expect(decision.gates.find(({ gate }) => gate === "recorded")).toMatchObject({ code: "MREG-E107" });
      expect(decision.allowed).toBe(false);
    }
  });

  test("purity: unknown fields in a predicate never turn a denial into a pass", () => {
    fc.assert(
      fc.property(situations, fc.string({ minLength: 1 }), fc.jsonValue(), (situation, key, value) => {
        const { allowed, gates } = decide(situation);
        const failed = new Set(gates.flatMap(({ gate, passed }) => (passed ? [] : [gate])));
        for (const at of situation.statements.keys()) {
          const statements = situation.statements.map((one, index) =>
            index === at && !Object.hasOwn(one.predicate, key)
              ? { ...one, predicate: { ...one.predicate, [key]: value } }
              : one,
          );
          const after = decide({ ...situation, statements });
          expect(after.gates.filter(({ gate, passed }) => passed && failed.has(gate))).toEqual([]);
          if (!allowed) expect(after.allowed).toBe(false);
        }
      }),
      options,
    );
  });
});
