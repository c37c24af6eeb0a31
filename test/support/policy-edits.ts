import { decide } from "../../src/lifecycle/decision/decide.ts";
import { predicates } from "./lifecycle.ts";
import { type Draft, evalChange, failures, item, put, situationOf } from "./situation.ts";

/** One change of a passing situation, or of its policy, and exactly what it must break. */
export type Case = readonly [what: string, change: (parts: Draft) => void, expected: readonly string[]];

/** Adds lines to the offline eval rule, the card or the lineage of the default policy. */
export const inEval = (lines: string) =>
  edit("    claims: required\n    # Not worse", `    ${lines}\n    claims: required\n    # Not worse`);
export const inCard = (lines: string) => edit("  card:\n", `  card:\n    ${lines}\n`);
export const inLineage = (lines: string) => edit("  lineage:\n", `  lineage:\n    ${lines}\n`);
export const atTop = (lines: string) => edit("\nstates:\n", `\n${lines}\nstates:\n`);
/** Adds lines to the transition from staging to production. */
export const inMove = (lines: string) =>
  edit("    soak: {in: staging, min: 24h}\n", `    soak: {in: staging, min: 24h}\n    ${lines}\n`);

export function edit(from: string, to: string) {
  return (d: Draft) => {
    const before = d.yaml ?? ((yaml) => yaml);
    d.yaml = (yaml) => {
      const text = before(yaml);
      if (!text.includes(from)) throw new Error(`the policy has no ${from}`);
      return text.replace(from, to);
    };
  };
}

export const all =
  (...changes: ((d: Draft) => void)[]) =>
  (d: Draft) => {
    for (const change of changes) change(d);
  };
export const evalOf =
  (change: Record<string, unknown>, value = "0.91") =>
  (d: Draft) =>
    put(d, "eval", evalChange(change, value));
export const cardOf = (fields: Record<string, unknown>) => (d: Draft) =>
  put(d, "card", { predicate: predicates.card(fields) });
export const add =
  (...parameters: Parameters<typeof item>) =>
  (d: Draft) =>
    d.items.push(item(...parameters));

const datasets = (...annotations: object[]) =>
  predicates.lineage({
    resolvedDependencies: [
      { name: "code", uri: "git+https://git.example.com/risk", digest: { gitCommit: "8d".repeat(20) } },
      ...annotations.map((one, at) => ({
        name: `dataset:set${at}`,
        digest: { sha256: "cd".repeat(32) },
        annotations: one,
      })),
    ],
  });
export const lineageOf =
  (...annotations: object[]) =>
  (d: Draft) =>
    put(d, "lineage", { predicate: datasets(...annotations) });

/** The gates that deny, warnings left out, and the answer. */
export function outcome(change: (parts: Draft) => void): { readonly failed: string[]; readonly allowed: boolean } {
  const decision = decide(situationOf(change));
  const denying = decision.gates.filter(({ waiver }) => !waiver);
  return { failed: failures({ ...decision, gates: denying }), allowed: decision.allowed };
}
