import { schemaProblems } from "../../base/schema-problems.ts";
import { decide } from "../decision/decide.ts";
import { type Decision, denies } from "../decision/decision.ts";
import type { Policy } from "../policy/policy.ts";
import { readYaml } from "../policy/yaml.ts";
import { tableProblem } from "./problem.ts";
import { PolicyTable } from "./schema.ts";
import { situationOf } from "./situation.ts";

/** What one case expected and got. */
export interface CaseResult {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly passed: boolean;
  /** `allowed`, or the gates that deny. */
  readonly expected: readonly string[];
  readonly found: readonly string[];
  readonly decision: Decision;
}

/** Which gates of a transition the cases have seen pass, and which they have seen fail. */
export interface GateCoverage {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly gate: string;
  readonly passes: number;
  readonly denials: number;
}

export interface TableResult {
  readonly cases: readonly CaseResult[];
  readonly coverage: readonly GateCoverage[];
  /** Moves of the policy that no case asks for. */
  readonly untested: readonly { readonly from: string; readonly to: string; readonly kind: string }[];
}

/**
 * Reads a table of cases.
 *
 * @throws {@link LifecycleError} `POLICY_INVALID` with every problem.
 */
export function parsePolicyTable(yaml: string): PolicyTable {
  const parsed = PolicyTable.safeParse(readYaml(yaml));
  if (parsed.success) return parsed.data;
  throw tableProblem(schemaProblems(parsed.error), parsed.error);
}

/** Runs every case. Nothing is read but the table: the same table gives the same answers anywhere. */
export function runPolicyTable(policy: Policy, table: PolicyTable): TableResult {
  const cases = table.cases.map((one): CaseResult => {
    const decision = decide(situationOf(policy, table, one));
    const failed = decision.gates.filter((gate) => !gate.passed);
    const found = failed.filter(denies).map(({ gate, code }) => `${gate} ${code}`);
    const warns = failed.filter(({ waiver }) => waiver).map(({ gate, code }) => `${gate} ${code}`);
    const expected = one.expect === "allowed" ? [] : one.expect;
    const passed = isSame(expected, found) && (one.warns === undefined || isSame(one.warns, warns));
    return { name: one.name, from: decision.from, to: decision.to, passed, expected, found, decision };
  });
  return { cases, coverage: coverageOf(cases), untested: untestedMoves(policy, cases) };
}

function coverageOf(cases: readonly CaseResult[]): readonly GateCoverage[] {
  const rows = new Map<string, GateCoverage>();
  for (const { decision } of cases) {
    for (const { gate, passed } of decision.gates) {
      const { from, to, kind } = decision;
      const key = JSON.stringify([from, to, kind, gate]);
      const row = rows.get(key) ?? { from, to, kind, gate, passes: 0, denials: 0 };
      rows.set(key, { ...row, passes: row.passes + (passed ? 1 : 0), denials: row.denials + (passed ? 0 : 1) });
    }
  }
  return [...rows.values()];
}

function untestedMoves(policy: Policy, cases: readonly CaseResult[]): TableResult["untested"] {
  return policy.transitions
    .filter(
      ({ from, to, kind }) =>
        !cases.some(({ decision }) => decision.from === from && decision.to === to && decision.kind === kind),
    )
    .map(({ from, to, kind }) => ({ from, to, kind }));
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());
}
