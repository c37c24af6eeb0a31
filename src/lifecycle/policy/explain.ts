import { partsOf } from "../gates/parts.ts";
import { type BuiltInGate, isBuiltInGate } from "./gate-names.ts";
import { type Policy, personsInRoles, policyAt } from "./policy.ts";
import type { ApprovalRule, EvalRule, EvidenceRule, MetricRule, TierRule, TransitionRule } from "./schema.ts";

/** A demand in plain words, and who can meet it. */
export interface ExplainedDemand {
  readonly gate: string;
  readonly text: string;
  readonly who: readonly string[];
  /** Why it does not deny, when it does not. */
  readonly mode?: string;
  /** Of a policy that extends others: those that ask for it, such as `company@4`, from the ground up. */
  readonly origin?: readonly string[];
}

/** One move of the policy, as one would tell a colleague. */
export interface ExplainedMove {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly demands: readonly ExplainedDemand[];
  /** Persons who may carry it out. */
  readonly requesters: readonly string[];
  readonly approvals: readonly ExplainedApproval[];
}

/** Who must approve a move. */
export interface ExplainedApproval extends Pick<ExplainedDemand, "origin" | "text" | "who"> {
  /** It is that of a tier. */
  readonly tier?: true;
}

/** Explains every move of a policy, in its order. */
export function explainPolicy(policy: Policy, now: Date): readonly ExplainedMove[] {
  const current = policyAt(policy, now);
  return current.transitions.map((rule) => explainMove(current, rule, now));
}

function explainMove(policy: Policy, rule: TransitionRule, now: Date): ExplainedMove {
  const soaks = rule.soak
    ? [{ gate: "soak", text: `has been in ${rule.soak.in} for at least ${rule.soak.min}`, who: [] }]
    : [];
  const demands = [
    ...rule.requires.flatMap((gate) => explainGate(policy, gate)),
    ...soaks,
    ...rule.tiers.flatMap((tier, at) => explainTier(policy, tier, at + 1)),
  ];
  return {
    ...{ from: rule.from, to: rule.to, kind: rule.kind },
    demands: [...demands.map((demand) => withMode(policy, demand, now)), ...explainWitnesses(policy)],
    requesters: personsInRoles(policy, rule.authorize.roles),
    approvals: [
      ...approvalsOf(policy, rule.approvals, ""),
      ...rule.tiers.flatMap((tier) =>
        approvalsOf(policy, tier.approvals, `${tierText(tier)}: `).map((one) => ({ ...one, tier: true as const })),
      ),
    ],
  };
}

/** It is about the record and not about the version, so that no mode softens it. */
function explainWitnesses({ witnesses }: Policy): readonly ExplainedDemand[] {
  if (!witnesses) return [];
  const { logs, maxDifference, since, times } = witnesses;
  const held =
    logs > 0 ? `, and ${logs === 1 ? "a transparency log holds it" : `${logs} transparency logs hold it`}` : "";
  const who = times === 1 ? "somebody else proves" : `${times} others prove`;
  const from = since === undefined ? "" : `, from ${since} on`;
  return [{ gate: "witnesses", text: `${who} the time of its record, within ${maxDifference}${held}${from}`, who: [] }];
}

function explainTier(policy: Policy, tier: TierRule, index: number): readonly ExplainedDemand[] {
  const demands = tier.requires.flatMap((gate) => explainGate(policy, gate));
  const { soak } = tier;
  const soaks = soak
    ? [{ gate: `soak.tier${index}`, text: `has been in ${soak.in} for at least ${soak.min}`, who: [] }]
    : [];
  return [...demands, ...soaks].map((demand) => ({ ...demand, text: `${tierText(tier)}: ${demand.text}` }));
}

function tierText({ when }: TierRule): string {
  const parts = [
    ...(when.riskClass ? [`of risk class ${when.riskClass.join(" or ")}`] : []),
    ...(when.personalData ? ["trained on personal data"] : []),
  ];
  return `a model ${parts.join(" and ")}`;
}

function withMode({ enforcement }: Policy, demand: ExplainedDemand, now: Date): ExplainedDemand {
  if (enforcement?.audit.includes(demand.gate)) return { ...demand, mode: "only warns" };
  const date =
    enforcement && Object.hasOwn(enforcement.effectiveOn, demand.gate)
      ? enforcement.effectiveOn[demand.gate]
      : undefined;
  return date !== undefined && now.getTime() < Date.parse(date)
    ? { ...demand, mode: `only warns until ${date}` }
    : demand;
}

function approvalsOf(policy: Policy, approvals: ApprovalRule | undefined, prefix: string): ExplainedMove["approvals"] {
  if (!approvals) return [];
  const { count, distinctFrom, each, maxAge, roles } = approvals;
  const parts = { pusher: "signed the model", evaluator: "evaluated it", requester: "asks" } as const;
  const others =
    distinctFrom.length > 0 ? `, none of whom ${distinctFrom.map((part) => parts[part]).join(" or ")}` : "";
  const all = each ? `, among them ${each.join(" and ")}` : "";
  const age = maxAge === undefined ? "" : `, within ${maxAge}`;
  const people = count === 1 ? "one person" : `${count} persons`;
  return [
    { text: `${prefix}${people} of ${roles.join(" or ")}${all}${others}${age}`, who: personsInRoles(policy, roles) },
  ];
}

const builtInTexts: Readonly<Record<BuiltInGate, string>> = {
  signature: "somebody with a role has signed it",
  owner: "its manifest names an owning team",
  "previously-in-state": "it was served before, and something else is now",
  "replacement-in-production": "another version has taken over in production",
  sunset: "the request says until when it is still served",
  "sunset-expired": "the time for which it was still served is over",
};

function explainGate(policy: Policy, gate: string): readonly ExplainedDemand[] {
  if (isBuiltInGate(gate)) {
    const who = gate === "signature" ? personsInRoles(policy, [...policy.roles.keys()]) : [];
    return [{ gate, text: builtInTexts[gate], who }];
  }
  const rule = policy.evidence.get(gate);
  if (!rule) return [];
  const who = personsInRoles(policy, rule.signedBy ?? [...policy.roles.keys()]);
  const age = rule.maxAge === undefined ? "" : `, at most ${rule.maxAge} old`;
  const own = { gate, text: `${ruleText(rule)}${age}`, who };
  const parts = partsOf(gate, rule).map((part) => ({
    gate: part,
    text: partText(rule, part.slice(gate.length + 1)),
    who,
  }));
  return [own, ...parts];
}

function ruleText(rule: EvidenceRule): string {
  if ("document" in rule) {
    const names = rule.mustReference ? " that names a version to go back to" : "";
    return `there is a ${rule.document.replaceAll("-", " ")}${names}`;
  }
  switch (rule.predicate) {
    case "model-card":
      return `there is a model card${listed(" with ", rule.require)}`;
    case "lineage":
      return `its training is known${listed(": ", rule.require)}`;
    case "eval":
      return evalText(rule);
    case "scan":
      return rule.coverAllFiles ? "a scan of every weight file found nothing" : "a scan found nothing";
    case "consumers":
      return `nobody uses it any more${rule.environment ? ` in ${rule.environment}` : ""}`;
    case "monitoring":
      return `monitoring says ${rule.status.join(" or ")}${listed(" and watches ", rule.categories)}`;
    case "statement":
      return `there is a statement ${rule.type}`;
  }
}

function evalText({ claims, environment, metrics, notPartial, origin, suite }: EvalRule): string {
  const of = suite === undefined ? "" : ` of ${suite}`;
  const where = environment ? ` (${environment.join(" or ")})` : "";
  const own = claims === "required" ? ", which states thresholds and meets them" : "";
  const whole = notPartial ? "a full" : "an";
  const ran = origin === "executed" ? ", run by its signer" : "";
  return `${whole} evaluation${of}${where}${ran}${listed(" with ", metrics.map(metricText))}${own}`;
}

function metricText({ id, min, max }: MetricRule): string {
  return min === undefined ? `${id} ≤ ${max}` : `${id} ≥ ${min}`;
}

/** What a part of a rule asks, by its name. */
function partText(rule: EvidenceRule, part: string): string {
  if (part === "conditions" && "conditions" in rule) return rule.conditions.map(({ message }) => message).join("; ");
  if (part === "license" && "licenses" in rule) return `under ${rule.licenses?.join(" or ")}`;
  if (part === "risk-class" && "riskClasses" in rule) return `of risk class ${rule.riskClasses?.join(" or ")}`;
  if (part === "personal-data" && "personalData" in rule) {
    return rule.personalData === "none"
      ? "trained on no personal data"
      : "says of each data set whether it holds personal data";
  }
  return "predicate" in rule && rule.predicate === "eval" ? evalPartText(rule, part) : part;
}

function evalPartText(rule: EvalRule, part: string): string {
  const { attempts, baseline, categories, holdout, minSamples, noOverlapWith, preRegistered, rotation, slices } = rule;
  const texts: Readonly<Record<string, string>> = {
    samples: `on at least ${minSamples} samples`,
    slices: `for each of ${slices?.names.join(", ")}${slices?.maxGap ? `, none more than ${slices.maxGap} worse than the whole` : ""}`,
    categories: Object.entries(categories)
      .map(([name, metrics]) => `${name}: ${metrics.map(metricText).join(", ")}`)
      .join("; "),
    rotation: `with the suite version that counts at the time: ${Object.keys(rotation?.versions ?? {}).join(", ")}`,
    holdout: `at least ${holdout?.minFraction} of the data was held back`,
    plan: `planned ${preRegistered?.before} before it ran, by ${preRegistered?.signedBy.join(" or ")}`,
    attempts: `at most ${attempts?.max} evaluations with one suite version`,
    overlap: `not on the data that ${noOverlapWith} names`,
    baseline: baselineText(baseline),
  };
  return texts[part] ?? part;
}

function baselineText(baseline: EvalRule["baseline"]): string {
  const { ifNone, maxRegression, minImprovement } = baseline ?? {};
  const least = minImprovement ?? (maxRegression === undefined ? "0" : undefined);
  const most = maxRegression === undefined ? "" : `, at most ${maxRegression} worse`;
  const better = least === undefined ? "" : `, at least ${least} better`;
  return `compared with what production serves${better}${most}${ifNone === "allow" ? "; the first version needs no comparison" : ""}`;
}

function listed(prefix: string, items: readonly string[]): string {
  return items.length > 0 ? `${prefix}${items.join(", ")}` : "";
}
