import { stringify } from "yaml";
import { durationPattern } from "../duration.ts";
import { LifecycleError } from "../errors.ts";
import { emergencyYaml } from "./emergency.ts";

/** The roles that the default policy speaks of, and what they are for. */
const defaultRoles = {
  "data-scientist": "pushes, signs and attaches evidence",
  ci: "the pipeline: attaches evidence, and may promote to staging",
  mlops: "carries transitions out",
  lead: "approves production, and may roll back",
  owner: "approves retirement",
} as const;

export interface DefaultPolicyOptions {
  /** Name of the policy; lower-case letters, digits and hyphens. */
  readonly name: string;
  /** Public keys (SPKI, PEM) by the name of the key. */
  readonly identities: Readonly<Record<string, { readonly publicKey: string; readonly person?: string }>>;
  /** Names of keys by role. Roles that are left out have nobody in them. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** Least time in staging. Default `24h`. */
  readonly soak?: string;
}

/**
 * Writes the default policy of docs/lifecycle.md, with comments, ready to be edited.
 *
 * @throws {@link LifecycleError} `POLICY_INVALID` for a soak that is no duration; all else is for `parsePolicy` to
 * judge.
 */
export function defaultPolicyYaml({ name, identities, roles, soak = "24h" }: DefaultPolicyOptions): string {
  if (!durationPattern.test(soak)) {
    throw new LifecycleError(
      "POLICY_INVALID",
      `soak is ${JSON.stringify(soak)}, expected a duration such as 0s, 24h or 90d`,
    );
  }
  const everyRole = Object.fromEntries(Object.keys(defaultRoles).map((role) => [role, roles[role] ?? []]));
  return [
    heading,
    stringify({ apiVersion: "mreg/v1", kind: "LifecyclePolicy", metadata: { name, version: 1 } }),
    identitiesComment,
    stringify({ identities }, plain),
    rolesComment(),
    stringify({ roles: { ...everyRole, ...roles } }, plain),
    statesAndEvidence,
    transitions(soak),
  ].join("");
}

/** PEM keeps its lines, and nothing becomes an anchor, which `parsePolicy` refuses. */
const plain = { lineWidth: 0, aliasDuplicateObjects: false } as const;

const heading = `# Who may move a model version where, and what it takes. Every word of this file must be understood:
# an unknown key, role, state or gate is an error, because a typo must not weaken a gate.
# Records and approvals name this file by the SHA-256 of its bytes; raise the version when you change it.
`;

const identitiesComment = `
# Keys, by name: {person: alice@org, publicKey: "-----BEGIN PUBLIC KEY-----…"}. One human with two keys is one person.
# Where certificates sign: {person: acme-ci, issuer: https://…, identity: https://…}, both exactly; docs/trust.md.
# Keep the keys of people who have left, and their roles: the history they signed is verified with this file.
`;

function rolesComment(): string {
  const lines = Object.entries(defaultRoles).map(([role, text]) => `#   ${role}: ${text}`);
  return `\n# Which key has which role:\n${lines.join("\n")}\n`;
}

const statesAndEvidence = `
states:
  experimental: {initial: true, serve: none}
  staging: {serve: shadow}
  production: {serve: live}
  retired: {serve: until-sunset}
  archived: {serve: none, terminal: true}
  # Not a step of anybody's life: what must not be used any more.
  revoked: {serve: none, terminal: true}

# Each rule is a gate of the same name. What others than signedBy say is invisible to it, and named in the denial.
evidence:
  card:
    predicate: model-card
    signedBy: [data-scientist, ci, owner]
    require: [intendedUse, limitations, riskClass, license]
  lineage:
    predicate: lineage
    signedBy: [data-scientist, ci]
    require: [run, dataset, code]
  eval:
    predicate: eval
    environment: [offline]
    signedBy: [data-scientist, ci]
    notPartial: true
    # The evaluation states thresholds of its own (claims), and meets them. Better: thresholds of yours, such as
    # metrics: [{id: arc_easy.acc, min: "0.70"}, {id: latency.p95_ms, max: "250"}]
    claims: required
    # Not worse than what production serves, measured with the same suite on the same data.
    baseline: {of: champion, minImprovement: "0", ifNone: allow}
    # suite: risk-core
    # maxAge: 14d
  canary:
    predicate: eval
    environment: [shadow, canary]
    signedBy: [data-scientist, ci]
    notPartial: true
    claims: required
    baseline: {of: champion, maxRegression: "0.005", ifNone: allow}
    # maxAge: 7d
  scan:
    predicate: scan
    signedBy: [data-scientist, ci]
    result: PASSED
    coverAllFiles: true
    maxAge: 90d
  runbook: {document: runbook}
  rollback: {document: rollback-plan, mustReference: previousProduction}
  migration: {document: migration-path}
  unused: {predicate: consumers, signedBy: [mlops, owner], maxAge: 7d}
`;

function transitions(soak: string): string {
  return `
# Nothing enters staging without a signature, a card and a passing eval. A policy that drops one of them says so in a
# line of its own, such as \`weakens: [card]\`, and every verdict under it repeats that.
transitions:
  - from: experimental
    to: staging
    requires: [signature, owner, card, lineage, eval, scan]
    authorize: {roles: [mlops, ci]}
  - from: staging
    to: production
    requires: [signature, owner, card, lineage, eval, scan, canary, rollback, runbook]
    authorize: {roles: [mlops, ci]}
    approvals: {count: 1, roles: [lead], distinctFrom: [pusher, evaluator, requester], maxAge: 72h}
    soak: {in: staging, min: ${soak}}
  - from: production
    to: retired
    kind: retire
    requires: [replacement-in-production, sunset, migration]
    authorize: {roles: [mlops]}
    approvals: {count: 1, roles: [owner], distinctFrom: [requester], maxAge: 72h}
  - from: retired
    to: archived
    kind: archive
    requires: [sunset-expired, unused]
    authorize: {roles: [mlops, ci]}
  - from: production
    to: production
    kind: rollback
    requires: [signature, previously-in-state]
    authorize: {roles: [mlops, lead]}
  # What production serves beside its main version: \`--slot canary --weight 10\`.
  - from: production
    to: production
    kind: assign
    requires: [signature]
    authorize: {roles: [mlops]}
    approvals: {count: 1, roles: [lead], distinctFrom: [requester], maxAge: 72h}
  - from: [experimental, staging, production, retired, archived]
    to: revoked
    kind: revoke
    authorize: {roles: [mlops, lead, owner]}
${emergencyYaml}  # For lawyers and auditors: what is held is neither archived nor pruned.
  - {from: production, to: production, kind: hold, authorize: {roles: [owner]}}
  - {from: production, to: production, kind: release, authorize: {roles: [owner]}}
  - {from: retired, to: retired, kind: hold, authorize: {roles: [owner]}}
  - {from: retired, to: retired, kind: release, authorize: {roles: [owner]}}
  - {from: archived, to: archived, kind: hold, authorize: {roles: [owner]}}
  - {from: archived, to: archived, kind: release, authorize: {roles: [owner]}}
`;
}
