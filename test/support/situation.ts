import { type Digest, digestOf } from "../../src/base/digest.ts";
import { toContentDigest } from "../../src/evidence/index.ts";
import type { ChainLink, ModelState, Rollout, VersionState } from "../../src/lifecycle/chain/fold.ts";
import type { Decision } from "../../src/lifecycle/decision/decision.ts";
import { evidenceSet } from "../../src/lifecycle/decision/evidence-view.ts";
import { type MemberStatement, type Situation, withDelegations } from "../../src/lifecycle/decision/situation.ts";
import { type Member, type Policy, parsePolicy } from "../../src/lifecycle/index.ts";
import { findTransition } from "../../src/lifecycle/moves/transition.ts";
import { type CastName, castPolicyYaml, castRoles, newCast, predicates, typeOf } from "./lifecycle.ts";

/** One cast for all cases: keys cost more than decisions. */
export const cast = await newCast();
const defaultYaml = castPolicyYaml(cast, "24h");
const policy: Policy = parsePolicy(defaultYaml);

/** By its text: to read a policy takes ten times as long as to decide by it, and many cases have the same. */
const parsed = new Map([[defaultYaml, policy]]);

function policyOf(yaml: string): Policy {
  const known = parsed.get(yaml) ?? parsePolicy(yaml);
  parsed.set(yaml, known);
  return known;
}

/** Version 2, which wants to move; version 1 is the champion. */
export const subject = digestOf("v2");
export const championDigest = digestOf("v1");
export const weights = digestOf("weights");
export const now = new Date("2026-11-20T12:00:00Z");
export const attachedAt = "2026-11-19T12:00:00Z";
export const head = digestOf("record 3");

export type Item = {
  kind: keyof typeof typeOf;
  predicate: object;
  by: CastName;
  id: string;
  attachedAt?: string | undefined;
};

export const item = (kind: Item["kind"], predicate: object, by: CastName = "alice", id: string = kind): Item => ({
  ...{ kind, predicate, by, id },
  attachedAt,
});

function member(name: CastName): Member {
  const known = policy.members.get(name);
  if (known) return known;
  throw new Error(`${name} (${castRoles[name]}) is not in the policy`);
}

export const statement = ({ kind, predicate, by, id, attachedAt: time }: Item): MemberStatement => ({
  digest: digestOf(id),
  member: member(by),
  predicateType: typeOf[kind],
  predicate: predicate as Record<string, unknown>,
  ...(time === undefined ? {} : { attachedAt: time }),
});

/** A move that passes every gate, in parts that a case may change. */
export interface Draft {
  to: string;
  kind?: "rollback";
  state: string;
  entered: Record<string, string>;
  items: Item[];
  champion: { items: Item[] } | undefined;
  served: { version: number; state: string }[];
  requester: CastName | undefined;
  approvals: { by: CastName; change?: object }[];
  situation: Partial<Situation>;
  /** What the last record about the version names. */
  recorded: Digest[];
  yaml: ((yaml: string) => string) | undefined;
}

export function draft(): Draft {
  return {
    to: "production",
    state: "staging",
    entered: { staging: "2026-11-19T11:00:00Z" },
    items: [
      item("signature", {}),
      item("card", predicates.card()),
      item("lineage", predicates.lineage()),
      item("eval", predicates.eval()),
      item("canary", predicates.canary(), "ci"),
      item("scan", predicates.scan([weights])),
      item("document", predicates.document("runbook"), "mike", "runbook"),
      item("document", predicates.document("rollback-plan", [championDigest]), "mike", "rollback"),
    ],
    champion: {
      items: [
        item("eval", predicates.eval("0.90"), "ci", "champion eval"),
        item("canary", predicates.canary("0.91"), "ci", "champion canary"),
      ],
    },
    served: [{ version: 1, state: "production" }],
    requester: "mike",
    approvals: [{ by: "lea" }],
    situation: {},
    recorded: [],
    yaml: undefined,
  };
}

function stateOf({ state, entered, served, champion, recorded }: Draft): ModelState {
  const named = recorded.map((digest) => ({ predicateType: "any", digest: toContentDigest(digest) }));
  const link = { record: { recordedAt: "2026-11-01T00:00:00Z", evidence: named } } as unknown as ChainLink;
  const versions = new Map<number, VersionState>();
  const rollouts: Rollout[] = [];
  for (const [at, one] of served.entries()) {
    const digest = one.version === 2 ? subject : digestOf(`v${one.version}`);
    const base = { version: one.version, digest, state: one.state, since: "2026-11-01T00:00:00Z" };
    versions.set(one.version, { ...base, by: member("mike"), link, entered: new Map() });
    rollouts.push({ sequence: at + 1, version: one.version, digest, link });
  }
  const sunset = entered["sunset"];
  versions.set(2, {
    ...{ version: 2, digest: subject, state, since: "2026-11-01T00:00:00Z", by: member("mike"), link },
    entered: new Map(Object.entries(entered)),
    ...(sunset === undefined ? {} : { sunset }),
  });
  const last = champion ? rollouts.at(-1) : undefined;
  return { versions, rollouts: champion ? rollouts : [], ...(last ? { champion: last } : {}) };
}

export function situationOf(change: (draft: Draft) => void): Situation {
  const parts = draft();
  change(parts);
  const changed = policyOf(parts.yaml?.(defaultYaml) ?? defaultYaml);
  const state = stateOf(parts);
  const statements = parts.items.map(statement);
  const approval = {
    ...{ model: "ml/risk", version: "v2", from: "staging", to: "production" },
    policy: { digest: toContentDigest(changed.digest) },
    chainHead: toContentDigest(head),
    evidenceSet: toContentDigest(evidenceSet(changed, statements, new Set(parts.recorded)).digest),
    ...{ decision: "approve", approvedAt: "2026-11-20T10:00:00Z", expiresAt: "2026-11-23T10:00:00Z" },
  };
  const approvals = parts.approvals.map(({ by, change: bound }, at) =>
    statement(item("approval", { ...approval, ...bound }, by, `approval ${at}`)),
  );
  const fingerprint = parts.requester && cast[parts.requester].publicKey.identity.fingerprint;
  return withDelegations({
    ...{ policy: changed, now, model: "ml/risk", version: 2, digest: subject, state, head, foreign: [] },
    rule: findTransition(state, changed, { version: 2, to: parts.to, kind: parts.kind }),
    statements: [...statements, ...approvals],
    championStatements: (parts.champion?.items ?? []).map(statement),
    weights: [{ path: "model.safetensors", digest: weights }],
    owner: "risk-team",
    ...(fingerprint ? { requester: fingerprint } : {}),
    ...parts.situation,
  });
}

export const failures = ({ gates }: Decision): string[] =>
  gates.filter(({ passed }) => !passed).map(({ gate, code }) => `${gate} ${code}`);

/** Replaces the first item of a kind, or removes it. */
export const put = (parts: Draft, id: string, replacement?: Partial<Item>): void => {
  parts.items = parts.items.flatMap((one) =>
    one.id === id ? (replacement ? [{ ...one, ...replacement }] : []) : [one],
  );
};
export const evalChange = (change: Record<string, unknown>, value = "0.91") => ({
  predicate: predicates.eval(value, change),
});
