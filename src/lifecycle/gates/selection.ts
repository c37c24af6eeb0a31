import type { z } from "zod";
import { schemaProblems } from "../../base/schema-problems.ts";
import type { EvidenceReference, GateResult } from "../decision/decision.ts";
import type { MemberStatement, Situation } from "../decision/situation.ts";
import { durationMs, formatDuration } from "../duration.ts";
import { hasRole } from "../policy/policy.ts";
import { deny, reference, whoMaySign } from "./result.ts";

/** How far a claimed time may lie ahead of the local clock: what NTP-less machines drift, and no more. */
export const clockSkewMs = 5 * 60_000;

/** What a gate looks for. */
export interface EvidenceQuery<Predicate> {
  /** Name of the evidence rule. */
  readonly gate: string;
  readonly predicateType: string;
  readonly schema: z.ZodType<Predicate>;
  /** Roles whose word counts; absent: any role. */
  readonly signedBy?: readonly string[] | undefined;
  readonly maxAge?: string | undefined;
  /** What the statement must be about, such as the suite; others of the type are no concern of this gate. */
  readonly matches?: (predicate: Predicate) => boolean;
  /** When it was made, by its own word. Default: when it was attached. */
  readonly timeOf?: (predicate: Predicate) => string | undefined;
  /** In words, for the denial: `eval in canary`. */
  readonly wanted: string;
  /** How to provide it. */
  readonly fix: string;
  /** Gates that cannot be judged without it, beside `gate` itself. */
  readonly parts?: readonly string[];
}

export interface Candidate<Predicate> {
  readonly statement: MemberStatement;
  readonly predicate: Predicate;
  readonly time?: string;
}

/** Either the evidence that decides, or why there is none. Several candidates only when they claim the same time. */
export type Selection<Predicate> =
  | { readonly newest: readonly Candidate<Predicate>[]; readonly denial?: undefined }
  | { readonly denial: GateResult };

/**
 * Finds the evidence that decides: of what trusted signers said, the newest.
 *
 * Best of several is not a strategy: an older pass never outlives a newer failure, and among statements that claim
 * the same time all must pass. A trusted statement that cannot be read denies, since it might have been the failure.
 */
export function selectEvidence<Predicate>(
  situation: Situation,
  query: EvidenceQuery<Predicate>,
  statements: readonly MemberStatement[] = situation.statements,
): Selection<Predicate> {
  const selection = select(situation, query, statements);
  const { parts = [] } = query;
  return selection.denial && parts.length > 0 ? { denial: { ...selection.denial, parts } } : selection;
}

function select<Predicate>(
  situation: Situation,
  query: EvidenceQuery<Predicate>,
  statements: readonly MemberStatement[],
): Selection<Predicate> {
  const typed = statements.filter(({ predicateType }) => predicateType === query.predicateType);
  const isTrusted = ({ member }: MemberStatement): boolean =>
    query.signedBy ? hasRole(member, query.signedBy) : member.roles.length > 0;
  const candidates: Candidate<Predicate>[] = [];
  for (const statement of typed.filter(isTrusted)) {
    const parsed = query.schema.safeParse(statement.predicate);
    if (!parsed.success) return { denial: malformed(query, statement, schemaProblems(parsed.error)) };
    if (query.matches?.(parsed.data) === false) continue;
    const time = query.timeOf?.(parsed.data) ?? statement.attachedAt;
    // Nobody signs when something was attached: a month 13 must not make all times incomparable, and none the newest.
    const isTime = time !== undefined && !Number.isNaN(Date.parse(time));
    candidates.push({ statement, predicate: parsed.data, ...(isTime ? { time } : {}) });
  }
  if (candidates.length === 0) {
    const untrusted = typed.filter((statement) => !isTrusted(statement) && mayMatch(query, statement));
    return { denial: untrusted.length > 0 ? distrust(situation, query, untrusted) : missing(situation, query) };
  }
  const latest = Math.max(...candidates.map(instant));
  const newest = candidates.filter((candidate) => instant(candidate) === latest);
  const denial = judgeTime(situation, query, newest);
  return denial ? { denial } : { newest };
}

/** References to candidates, with the times they claim. */
export function references(candidates: readonly Candidate<unknown>[]): readonly EvidenceReference[] {
  return candidates.map(({ statement, time }) => reference(statement, time));
}

/** Milliseconds since 1970; a statement that claims no time is older than all others. */
function instant({ time }: Candidate<unknown>): number {
  return time === undefined ? Number.NEGATIVE_INFINITY : Date.parse(time);
}

function mayMatch<Predicate>(query: EvidenceQuery<Predicate>, { predicate }: MemberStatement): boolean {
  const parsed = query.schema.safeParse(predicate);
  return !parsed.success || query.matches?.(parsed.data) !== false;
}

function judgeTime<Predicate>(
  situation: Situation,
  query: EvidenceQuery<Predicate>,
  newest: readonly Candidate<Predicate>[],
): GateResult | undefined {
  const [first] = newest;
  if (!first) return undefined;
  const detail = detailOf(situation, query, references(newest));
  const age = situation.now.getTime() - instant(first);
  // A date in the future would win over everything that comes after it and never grow stale.
  if (age < -clockSkewMs) {
    return deny(query.gate, "future", `${query.wanted} claims ${first.time}, which is in the future`, detail);
  }
  if (query.maxAge === undefined || age <= durationMs(query.maxAge)) return undefined;
  const found = first.time === undefined ? "claims no time" : `is ${formatDuration(age)} old`;
  return deny(query.gate, "stale", `${query.wanted} ${found}, expected at most ${query.maxAge}`, detail);
}

function missing<Predicate>(situation: Situation, query: EvidenceQuery<Predicate>): GateResult {
  return deny(query.gate, "missing", `no ${query.wanted}${strangers(situation)}`, detailOf(situation, query, []));
}

function distrust<Predicate>(
  situation: Situation,
  query: EvidenceQuery<Predicate>,
  untrusted: readonly MemberStatement[],
): GateResult {
  const names = [...new Set(untrusted.map(({ member }) => member.name))].join(", ");
  const expected = (query.signedBy ?? [...situation.policy.roles.keys()]).join(" or ");
  const reason = `${query.wanted} is signed by ${names}, who has none of the roles it takes: ${expected}`;
  const evidence = untrusted.map((statement) => reference(statement, statement.attachedAt));
  return deny(query.gate, "untrusted", reason + strangers(situation), detailOf(situation, query, evidence));
}

function malformed<Predicate>(
  query: EvidenceQuery<Predicate>,
  statement: MemberStatement,
  problem: string,
): GateResult {
  return deny(query.gate, "malformed", `evaluation error: ${query.wanted} cannot be read: ${problem}`, {
    evidence: [reference(statement, statement.attachedAt)],
    fix: `have ${statement.member.name} withdraw ${statement.digest}, which is malformed, and attach it anew`,
  });
}

function detailOf<Predicate>(
  { policy }: Situation,
  query: EvidenceQuery<Predicate>,
  evidence: readonly EvidenceReference[],
) {
  return { evidence, fix: query.fix, who: whoMaySign(policy, query.signedBy) };
}

/** Says that something is there which no key of the policy signed, since "missing" alone would puzzle its author. */
export function strangers({ foreign }: Situation): string {
  if (foreign.length === 0) return "";
  const named = foreign.slice(0, 3).map(({ digest, reason }) => `${digest.slice(0, 19)}… (${reason})`);
  const more = foreign.length > 3 ? ` and ${foreign.length - 3} more` : "";
  return `; not counted, no key of the policy signed it: ${named.join(", ")}${more}`;
}
