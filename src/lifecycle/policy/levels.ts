import { stringify } from "yaml";
import { emergencyYaml } from "./emergency.ts";
import type { Delegation } from "./schema.ts";

/** How much a policy demands: from everything allowed and recorded (0) to two people and hold-out evaluations (3). */
export const policyLevels = [0, 1, 2, 3] as const;
export type PolicyLevel = (typeof policyLevels)[number];

export interface LevelPolicyOptions {
  readonly level: PolicyLevel;
  readonly name: string;
  /** Default 1; higher than that of the policy whose place it takes. */
  readonly version?: number;
  /** A policy of another name whose place it takes. */
  readonly replaces?: string;
  /** Who is in the policy, by the name of the key. */
  readonly identities?: Readonly<Record<string, object>>;
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  readonly delegations?: readonly Delegation[];
}

/**
 * Writes the policy of a level, with comments, ready to be edited.
 *
 * @returns YAML that `parsePolicy` accepts, also while nobody has a role yet.
 */
export function levelPolicyYaml({
  delegations = [],
  identities = {},
  level,
  name,
  replaces,
  roles = {},
  version = 1,
}: LevelPolicyOptions): string {
  const metadata = { name, version, ...(replaces === undefined ? {} : { replaces: [replaces] }) };
  const everyRole = { ...Object.fromEntries(Object.keys(roleTexts).map((role) => [role, []])), ...roles };
  return [
    headings[level],
    stringify({ apiVersion: "mreg/v1", kind: "LifecyclePolicy", metadata }),
    "\n# Keys or certificate identities, by name; docs/policy/roles.md says how persons, keys and roles hang together.\n",
    stringify({ identities }, plain),
    `\n# Who does what:\n${Object.entries(roleTexts)
      .map(([role, text]) => `#   ${role}: ${text}`)
      .join("\n")}\n`,
    stringify({ roles: everyRole }, plain),
    delegations.length > 0 ? `${delegationHeading}${stringify({ delegations }, plain)}` : "",
    states,
    evidence[level],
    transitions(level),
    endings[level],
  ].join("");
}

const delegationHeading = `
# Roles lent until a date. One that has ended keeps records valid that were made by whoever had the role then.
`;

const plain = { lineWidth: 0, aliasDuplicateObjects: false } as const;

const roleTexts = {
  "data-scientist": "pushes, signs, attaches card and lineage",
  ci: "the pipeline: evaluates, scans, may promote to staging",
  mlops: "the MLOps engineer: carries transitions out, states who uses what",
  lead: "the platform lead: approves production, may roll back",
  owner: "the model owner: approves retirement, plans evaluations, answers for exceptions",
} as const;

const headings: Readonly<Record<PolicyLevel, string>> = {
  0: `# Level 0: everything is allowed, and everything is recorded. The gates are judged, and only warn: what the next
# level would refuse stands in every answer.
`,
  1: `# Level 1: nothing enters staging without a signature, a card and a passing evaluation; what serves has a runbook.
`,
  2: `# Level 2: known training, scanned weights, no step back behind what serves, a canary, and one approval.
`,
  3: `# Level 3: production takes two people; evaluations are planned, on data held back, by slices, with suites that change;
# what is of high risk, or trained on personal data, takes more. One signed exception at a time, with a ticket and an end.
`,
};

const states = `
states:
  experimental: {initial: true, serve: none}
  staging: {serve: shadow}
  production: {serve: live}
  retired: {serve: until-sunset, sunset: {min: 7d, max: 365d}}
  archived: {serve: none, terminal: true}
  revoked: {serve: none, terminal: true}
`;

const laterRules = `  runbook: {document: runbook}
  unused: {predicate: consumers, signedBy: [mlops, owner], maxAge: 7d}
`;

const simpleRules = `
evidence:
  card:
    predicate: model-card
    signedBy: [data-scientist, ci, owner]
    require: [intendedUse, limitations, license]
  eval:
    predicate: eval
    environment: [offline]
    signedBy: [data-scientist, ci]
    # The evaluation states thresholds of its own, and meets them.
    claims: required
${laterRules}`;

const fullRules = (level: 2 | 3): string => `
evidence:
  card:
    predicate: model-card
    signedBy: [data-scientist, ci, owner]
    require: [intendedUse, limitations, riskClass, license]
    licenses: [apache-2.0, mit, bsd-3-clause]
    riskClasses: [minimal, limited, high]
  lineage:
    predicate: lineage
    signedBy: [data-scientist, ci]
    require: [run, dataset, code]
${level === 3 ? "    personalData: declared\n" : ""}  eval:
    predicate: eval
    environment: [offline]
    signedBy: [ci]
    suite: core
    maxAge: 30d
    minSamples: 500
    metrics: [{id: loans.accuracy, min: "0.85"}]
    baseline: {of: champion, minImprovement: "0", ifNone: allow}
${level === 3 ? strictEval : ""}  canary:
    predicate: eval
    environment: [shadow, canary]
    signedBy: [ci]
    maxAge: 7d
    claims: required
    baseline: {of: champion, maxRegression: "0.005", ifNone: allow}
  scan:
    predicate: scan
    signedBy: [ci]
    maxAge: 30d
  rollback: {document: rollback-plan, mustReference: previousProduction}
  migration: {document: migration-path}
${level === 3 ? "  assessment: {document: risk-assessment, signedBy: [owner], maxAge: 365d}\n" : ""}${laterRules}`;

const strictEval = `    origin: executed
    slices: {names: [age=young, age=old], maxGap: "0.05", minSamples: 100}
    categories:
      fairness: [{id: loans.parity_gap, max: "0.10"}]
      robustness: [{id: loans.accuracy_noise, min: "0.80"}]
    # Each version of the suite counts for a quarter, and a fortnight longer so that nobody works at night.
    rotation:
      versions:
        2026Q4: {from: 2026-10-01T00:00:00Z, until: 2027-01-01T00:00:00Z}
        2027Q1: {from: 2027-01-01T00:00:00Z, until: 2027-04-01T00:00:00Z}
      overlap: 2w
    holdout: {minFraction: "0.2"}
    preRegistered: {signedBy: [owner], before: 1h}
    attempts: {max: 3}
    noOverlapWith: lineage
`;

const evidence: Readonly<Record<PolicyLevel, string>> = {
  0: simpleRules,
  1: simpleRules,
  2: fullRules(2),
  3: fullRules(3),
};

interface Moves {
  readonly staging: string;
  readonly production: string;
  readonly anyone: string;
  readonly retirement: string;
}

const simpleGates = "[signature, owner, card, eval]";
const fullGates = "[signature, owner, card, lineage, eval, scan]";
const approval = "{count: 1, roles: [lead], distinctFrom: [pusher, evaluator, requester], maxAge: 72h}";
const everyone = "[data-scientist, ci, mlops, lead, owner]";

const moves: Readonly<Record<PolicyLevel, Moves>> = {
  0: {
    staging: `requires: ${simpleGates}`,
    production: `requires: [signature, owner, card, eval, runbook]`,
    anyone: everyone,
    retirement: "requires: [sunset]",
  },
  1: {
    staging: `requires: ${simpleGates}`,
    production: `requires: [signature, owner, card, eval, runbook]`,
    anyone: "[ci, mlops]",
    retirement: "requires: [replacement-in-production, sunset]",
  },
  2: {
    staging: `requires: ${fullGates}`,
    production: `requires: [signature, owner, card, lineage, eval, scan, canary, rollback, runbook]
    approvals: ${approval}
    soak: {in: staging, min: 24h}`,
    anyone: "[ci, mlops]",
    retirement: `requires: [replacement-in-production, sunset, migration]
    approvals: {count: 1, roles: [owner], distinctFrom: [requester], maxAge: 72h}`,
  },
  3: {
    staging: `requires: ${fullGates}`,
    production: `requires: [signature, owner, card, lineage, eval, scan, canary, rollback, runbook]
    approvals: {count: 2, roles: [lead, owner], each: [lead], distinctFrom: [pusher, evaluator, requester], maxAge: 72h}
    soak: {in: staging, min: 72h}
    tiers:
      - when: {riskClass: [high]}
        requires: [assessment]
        approvals: {count: 2, roles: [lead, owner], each: [lead, owner], maxAge: 24h}
        soak: {in: staging, min: 7d}
      - when: {personalData: true}
        requires: [assessment]`,
    anyone: "[ci, mlops]",
    retirement: `requires: [replacement-in-production, sunset, migration]
    approvals: {count: 2, roles: [owner, lead], each: [owner], distinctFrom: [requester], maxAge: 72h}`,
  },
};

function transitions(level: PolicyLevel): string {
  const { anyone, production, retirement, staging } = moves[level];
  const operators = level === 0 ? everyone : "[mlops]";
  const rollback = level === 0 ? everyone : "[mlops, lead]";
  return `
transitions:
  - from: experimental
    to: staging
    ${staging}
    authorize: {roles: ${anyone}}
  - from: staging
    to: production
    ${production}
    authorize: {roles: ${anyone}}
  - from: production
    to: retired
    kind: retire
    ${retirement}
    authorize: {roles: ${operators}}
  - from: retired
    to: archived
    kind: archive
    requires: [sunset-expired, unused]
    authorize: {roles: ${operators}}
  - from: production
    to: production
    kind: rollback
    requires: [signature, previously-in-state]
    authorize: {roles: ${rollback}}
  - from: [experimental, staging, production, retired, archived]
    to: revoked
    kind: revoke
    authorize: {roles: ${level === 0 ? everyone : "[mlops, lead, owner]"}}
${level >= 2 ? emergencyYaml : ""}`;
}

const endings: Readonly<Record<PolicyLevel, string>> = {
  0: `
# All that is demanded above is said and recorded, and stops nothing. Take a gate out of this list to put it in force.
enforcement: {audit: [signature, owner, card, eval, runbook, unused, sunset, sunset-expired]}

# What a policy that lets unsigned and unproven models into staging has to say in so many words.
weakens: [signature, card, eval]
`,
  1: `
# What the next level will demand can be announced here: it warns until the date, then it denies.
# enforcement: {effectiveOn: {runbook: 2027-01-01T00:00:00Z}}
`,
  2: `
# One signed exception at a time: mreg policy except risk:v4 --gate eval.baseline --ticket RISK-12 --until 2026-12-01
exceptions: {signedBy: [lead], gates: [eval.baseline, canary.baseline, runbook], maxDuration: 30d}
`,
  3: `
# One signed exception at a time: mreg policy except risk:v4 --gate eval.slices --ticket RISK-12 --until 2026-12-01
exceptions: {signedBy: [owner], gates: [eval.slices, eval.categories, canary.baseline], maxDuration: 14d}
`,
};
