import { compareDecimals } from "../../evidence/decimal.ts";
import { partsOf } from "../gates/parts.ts";
import { compileCondition } from "./condition.ts";
import { builtInGates } from "./gate-names.ts";
import { type PolicyProblem, unknownNames } from "./problem.ts";
import type { EvalRule, EvidenceRule, MetricRule, PolicyFile } from "./schema.ts";

/** Finds evidence rules that contradict themselves, or hold a condition that cannot be evaluated. */
export function findRuleProblems(file: PolicyFile): readonly PolicyProblem[] {
  return Object.entries(file.evidence).flatMap(([name, rule]) => {
    const path = `evidence.${name}`;
    return [
      ...("conditions" in rule ? conditionProblems(path, rule.conditions) : []),
      ...("predicate" in rule && rule.predicate === "eval" ? evalProblems(path, rule, file) : []),
    ];
  });
}

/** Gates that can be audited, dated or excepted: what transitions require, and what comes with it. */
export function waivableGates(file: PolicyFile): readonly string[] {
  const rules = Object.entries(file.evidence).flatMap(([name, rule]) => [name, ...partsOf(name, rule)]);
  const most = Math.max(0, ...file.transitions.map(({ tiers }) => tiers.length));
  const tiers = Array.from({ length: most }, (_, at) => [`approvals.tier${at + 1}`, `soak.tier${at + 1}`]);
  return [...builtInGates, ...rules, "naming", "approvals", "soak", ...tiers.flat()];
}

/** A gate that is misspelt here would stay in force, or out of it, without anybody's wanting that. */
export function findGateNameProblems(file: PolicyFile): readonly PolicyProblem[] {
  const { enforcement, exceptions } = file;
  const allowed = waivableGates(file);
  const neverExcepted = Object.entries(file.evidence).flatMap(([name, rule]) => (isInvariant(rule) ? [name] : []));
  const barred = ["signature", ...neverExcepted];
  return [
    ...unknownNames("enforcement.audit", "gate", { names: enforcement?.audit ?? [], allowed }),
    ...unknownNames("enforcement.effectiveOn", "gate", { names: Object.keys(enforcement?.effectiveOn ?? {}), allowed }),
    ...unknownNames("exceptions.gates", "gate", {
      names: exceptions?.gates ?? [],
      allowed: allowed.filter((gate) => !barred.includes(gate)),
    }),
    ...unknownNames("exceptions.signedBy", "role", {
      names: exceptions?.signedBy ?? [],
      allowed: Object.keys(file.roles),
    }),
  ];
}

/** What the invariant rests on is no single person's to except; a policy that drops it says so in `weakens`. */
function isInvariant(rule: EvidenceRule): boolean {
  return "predicate" in rule && (rule.predicate === "model-card" || rule.predicate === "eval");
}

function conditionProblems(path: string, conditions: readonly { readonly cel: string }[]): PolicyProblem[] {
  return conditions.flatMap(({ cel }, at) => {
    const compiled = compileCondition(cel);
    return typeof compiled === "string" ? [{ path: `${path}.conditions.${at}.cel`, message: compiled }] : [];
  });
}

function evalProblems(path: string, rule: EvalRule, file: PolicyFile): PolicyProblem[] {
  const { categories, holdout, metrics, noOverlapWith, preRegistered, rotation, slices } = rule;
  const lineages = Object.entries(file.evidence)
    .filter(([, other]) => "predicate" in other && other.predicate === "lineage")
    .map(([name]) => name);
  const problems = [
    ...metricProblems(`${path}.metrics`, metrics),
    ...metricProblems(`${path}.slices.metrics`, slices?.metrics ?? []),
    ...Object.entries(categories).flatMap(([name, list]) => metricProblems(`${path}.categories.${name}`, list)),
    ...unknownNames(`${path}.noOverlapWith`, "rule of lineage", {
      names: noOverlapWith === undefined ? [] : [noOverlapWith],
      allowed: lineages,
    }),
    ...unknownNames(`${path}.preRegistered.signedBy`, "role", {
      names: preRegistered?.signedBy ?? [],
      allowed: Object.keys(file.roles),
    }),
  ];
  if (slices && slices.metrics.length === 0 && metrics.length === 0) {
    problems.push({ path: `${path}.slices`, message: "names no metric, and the rule has none either" });
  }
  if (holdout && (compareDecimals(holdout.minFraction, "0") <= 0 || compareDecimals(holdout.minFraction, "1") > 0)) {
    problems.push({ path: `${path}.holdout.minFraction`, message: 'expected more than "0" and at most "1"' });
  }
  for (const [version, { from, until }] of Object.entries(rotation?.versions ?? {})) {
    if (Date.parse(until) <= Date.parse(from)) {
      problems.push({ path: `${path}.rotation.versions.${version}.until`, message: "not later than from" });
    }
  }
  return problems;
}

function metricProblems(path: string, metrics: readonly MetricRule[]): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  for (const [at, { id, min, max }] of metrics.entries()) {
    if ((min === undefined) === (max === undefined)) {
      problems.push({ path: `${path}.${at}`, message: "expected exactly one of min and max" });
    }
    if (metrics.findIndex((other) => other.id === id) < at) {
      problems.push({ path: `${path}.${at}.id`, message: `${id} is there twice` });
    }
  }
  return problems;
}
