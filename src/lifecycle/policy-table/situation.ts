import { digestOf } from "../../base/digest.ts";
import { predicateTypes } from "../../evidence/predicate-types.ts";
import { toContentDigest } from "../../evidence/predicates/digest-set.ts";
import { describe } from "../../oci/descriptor.ts";
import { type ChainLink, Fold, headOf } from "../chain/fold.ts";
import { TransitionRecord } from "../chain/record.ts";
import { evidenceSet } from "../decision/evidence-view.ts";
import { type MemberStatement, type Situation, withDelegations } from "../decision/situation.ts";
import { findTransition } from "../moves/transition.ts";
import type { Policy } from "../policy/policy.ts";
import { versionTag } from "../versions/tags.ts";
import { type About, statementOf, subjectOf } from "./given.ts";
import { tableProblem } from "./problem.ts";
import type { Given, Past, PolicyCase, PolicyTable } from "./schema.ts";

const weights = digestOf("weights");

/** Builds what a case describes, as if it had been read from a registry and verified. */
export function situationOf(policy: Policy, table: PolicyTable, one: PolicyCase): Situation {
  const now = one.now ?? table.now;
  const about: About = { policy, now, weights };
  const model = one.model ?? table.model;
  const links = linksOf(policy, model, one.history ?? table.history);
  const state = new Fold(policy.liveState);
  for (const link of links) state.apply(link);
  const rule = findTransition(state, policy, { version: one.version, to: one.to, kind: one.kind });
  const given = givenOf(table, one);
  const requester = one.requester === undefined ? undefined : policy.members.get(one.requester);
  if (one.requester !== undefined && !requester)
    throw tableProblem(`${one.name}: ${one.requester} is nobody in the policy`);
  const bare: Situation = {
    ...{ policy, now: new Date(now), model, version: one.version, digest: subjectOf(one.version), rule, state },
    ...{ head: headOf({ links }), foreign: [], weights: [{ path: "model.safetensors", digest: weights }] },
    statements: bound(
      given.filter(({ kind }) => kind !== "approval"),
      one,
      about,
      model,
    ),
    championStatements: (one.champion ?? table.champion).map((line) => statementOf(line, about)),
    owner: one.owner ?? table.owner,
    ...(requester ? { requester: requester.identity.fingerprint } : {}),
    ...(one.sunset === undefined ? {} : { sunset: one.sunset }),
    ...(one.reason === undefined ? {} : { circumstances: { reason: one.reason } }),
  };
  const situation = withDelegations(bare);
  const approvals = given.filter(({ kind }) => kind === "approval").map((line) => approvalOf(situation, line, about));
  return withDelegations({ ...bare, statements: [...bare.statements, ...approvals] });
}

/** The sets that a case uses, less what it leaves out, and its own lines in the place of those with the same id. */
function givenOf({ sets }: PolicyTable, { name, given, use, without }: PolicyCase): readonly Given[] {
  const used = use.flatMap((set) => {
    const lines = Object.hasOwn(sets, set) ? sets[set] : undefined;
    if (!lines) throw tableProblem(`${name}: no set is called ${set}, expected ${Object.keys(sets).join(", ")}`);
    return lines;
  });
  const idOf = (line: Given): string => line.id ?? line.kind;
  const unknown = without.find((id) => !used.some((line) => idOf(line) === id));
  if (unknown !== undefined) throw tableProblem(`${name}: leaves out ${unknown}, which is not there`);
  const own = new Set(given.map(idOf));
  return [...used.filter((line) => !without.includes(idOf(line)) && !own.has(idOf(line))), ...given];
}

/** Statements that must name the version, and evaluations that name their plan. */
function bound(
  lines: readonly Given[],
  { version }: PolicyCase,
  about: About,
  model: string,
): readonly MemberStatement[] {
  const statements = lines.map((line) => {
    const known = line.kind === "exception" ? { model, version: versionTag(version) } : {};
    return statementOf({ ...line, with: { ...known, ...line.with } }, about);
  });
  const plan = statements.find(({ predicateType }) => predicateType === predicateTypes["eval-plan"]);
  if (!plan) return statements;
  return statements.map((statement) => {
    const suite = statement.predicate["suite"] as { plan?: unknown } | undefined;
    if (statement.predicateType !== predicateTypes.eval || !suite || suite.plan !== undefined) return statement;
    const named = { ...suite, plan: { digest: toContentDigest(plan.digest) } };
    return { ...statement, predicate: { ...statement.predicate, suite: named } };
  });
}

/** An approval of exactly this move, unless the case says otherwise. */
function approvalOf(situation: Situation, line: Given, about: About): MemberStatement {
  const { head, model, policy, rule, statements, version } = situation;
  const at = line.at ?? new Date(Date.parse(about.now) - 3_600_000).toISOString();
  const predicate = {
    ...{ model, version: versionTag(version), from: rule.from, to: rule.to },
    policy: { digest: toContentDigest(policy.digest) },
    chainHead: head === null ? null : toContentDigest(head),
    evidenceSet: toContentDigest(evidenceSet(policy, statements).digest),
    ...{ decision: "approve", approvedAt: at, expiresAt: new Date(Date.parse(at) + 72 * 3_600_000).toISOString() },
  };
  return statementOf({ ...line, at, with: { ...predicate, ...line.with } }, about);
}

/** Records of the moves that went before. Nobody verifies them: a table says what was, not who did it. */
function linksOf(policy: Policy, model: string, history: readonly Past[]): readonly ChainLink[] {
  const [signer] = policy.members.values();
  if (!signer && history.length > 0) throw tableProblem("a history needs somebody in the policy");
  const states = new Map<number, string>();
  const links: ChainLink[] = [];
  for (const [index, { version, to, at }] of history.entries()) {
    if (!signer) break;
    const bundle = describe("application/octet-stream", Buffer.from(`record ${index + 1}`));
    const previous = links.at(-1)?.bundle.digest;
    const record = TransitionRecord.parse({
      ...{ seq: index + 1, prev: previous ? toContentDigest(previous) : null, model, version: versionTag(version) },
      ...{ from: states.get(version) ?? policy.initialState, to, kind: "promote", requester: signer.name },
      ...{ approvals: [], evidence: [], baseline: [] },
      policy: { name: policy.name, version: policy.version, digest: toContentDigest(policy.digest) },
      ...{ verdict: toContentDigest(digestOf("verdict")), previousChampion: null, recordedAt: at, tool: "table" },
    });
    links.push({ sequence: index + 1, bundle, record, version, subject: subjectOf(version), signer });
    states.set(version, to);
  }
  return links;
}
