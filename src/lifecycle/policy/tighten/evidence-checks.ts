import type { PolicyProblem } from "../problem.ts";
import type {
  CardRule,
  ConsumersRule,
  DocumentRule,
  EvalRule,
  EvidenceRule,
  LineageRule,
  MonitoringRule,
  ScanRule,
  StatementRule,
} from "../schema.ts";
import { type Checks, compareFields, keeps, same, shorter, staysTrue, within } from "./check.ts";
import { commonChecks } from "./common-checks.ts";
import { evalChecks } from "./eval-checks.ts";

const cardChecks: Checks<CardRule> = { ...commonChecks, require: keeps, licenses: within, riskClasses: within };

const lineageChecks: Checks<LineageRule> = {
  ...commonChecks,
  require: keeps,
  licenses: within,
  personalData: (base, child) => {
    if (base === undefined || base === child || child === "none") return undefined;
    return `is ${child ?? "not asked for"}, the base has ${base}`;
  },
};

const scanChecks: Checks<ScanRule> = { ...commonChecks, result: same, coverAllFiles: staysTrue };

const consumersChecks: Checks<ConsumersRule> = {
  ...commonChecks,
  // Everywhere is more than any one place, and no place stands for another.
  environment: (base, child) => (child === undefined ? undefined : same(base, child)),
};

const monitoringChecks: Checks<MonitoringRule> = { ...commonChecks, status: within, categories: keeps };

const statementChecks: Checks<StatementRule> = { ...commonChecks, type: same };

const documentChecks: Checks<DocumentRule> = {
  document: same,
  signedBy: within,
  maxAge: shorter,
  mustReference: (base, child) => (base === undefined ? undefined : same(base, child)),
};

/** Says in which fields a rule is looser than that of the base. */
export function compareEvidence(path: string, base: EvidenceRule, child: EvidenceRule): PolicyProblem[] {
  const kind = kindOf(base);
  if (kindOf(child) !== kind) return [{ path, message: `is a rule of ${kindOf(child)}, the base has one of ${kind}` }];
  const pair = { base, child };
  switch (kind) {
    case "model-card":
      return compareFields(path, cardChecks, pair as Pair<CardRule>);
    case "lineage":
      return compareFields(path, lineageChecks, pair as Pair<LineageRule>);
    case "eval":
      return compareFields(path, evalChecks, pair as Pair<EvalRule>);
    case "scan":
      return compareFields(path, scanChecks, pair as Pair<ScanRule>);
    case "consumers":
      return compareFields(path, consumersChecks, pair as Pair<ConsumersRule>);
    case "monitoring":
      return compareFields(path, monitoringChecks, pair as Pair<MonitoringRule>);
    case "statement":
      return compareFields(path, statementChecks, pair as Pair<StatementRule>);
    case "document":
      return compareFields(path, documentChecks, pair as Pair<DocumentRule>);
  }
}

interface Pair<Rule> {
  readonly base: Rule;
  readonly child: Rule;
}

function kindOf(rule: EvidenceRule) {
  return "document" in rule ? "document" : rule.predicate;
}
