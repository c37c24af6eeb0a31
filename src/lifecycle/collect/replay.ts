import { mapConcurrent } from "../../base/concurrency.ts";
import type { Digest } from "../../base/digest.ts";
import { hasCode } from "../../base/errors.ts";
import { evidenceSetDigest } from "../../evidence/evidence-set.ts";
import { predicateTypes } from "../../evidence/predicate-types.ts";
import { fromContentDigest } from "../../evidence/predicates/digest-set.ts";
import { VerificationSummary } from "../../evidence/predicates/verification-summary.ts";
import type { CallOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { VerificationError } from "../../trust/errors.ts";
import { verifyStatement } from "../../trust/verify.ts";
import { type Chain, type ChainLink, foldChain, headOf, policyOf, recordedDigests } from "../chain/fold.ts";
import type { ModelStore } from "../chain/read.ts";
import type { TransitionRecord } from "../chain/record.ts";
import type { Circumstances } from "../decision/circumstances.ts";
import { decide } from "../decision/decide.ts";
import { type Decision, denies, type PolicyReference } from "../decision/decision.ts";
import { type MemberStatement, type Situation, withDelegations } from "../decision/situation.ts";
import { gateLevel, resourceUri, verifierId } from "../decision/verdict.ts";
import { LifecycleError } from "../errors.ts";
import { findTransition } from "../moves/transition.ts";
import { type Policy, policyTrust, trustIn } from "../policy/policy.ts";
import type { TransitionKind } from "../policy/schema.ts";
import { readContent } from "./model-content.ts";
import { type Doubt, standingState } from "./standing-state.ts";
import { memberStatement } from "./statements.ts";

/** Statements read at a time. */
const concurrency = 4;

export interface Replay {
  /** What the gates say of the statements that the record names, at the time it was written. */
  readonly decision: Decision;
  /** The record was decided under another policy file than the one given. */
  readonly policyChanged: boolean;
}

/**
 * Decides again what a record says was decided: from the statements it names, at its time, by the policy given.
 *
 * A record proves who moved a version, not that the gates let it pass: whoever may sign records could write one by
 * hand. Its signature alone is therefore not enough for anybody who asks whether the state was earned.
 *
 * @throws {@link VerificationError} when a statement that the record names is gone, or is not what it was.
 */
export async function replay(
  store: ModelStore,
  chain: Chain,
  link: ChainLink,
  options: CallOptions = {},
): Promise<Replay> {
  const { policy } = chain;
  const { record, signer, subject, version } = link;
  const links = chain.links.slice(0, link.sequence - 1);
  const now = new Date(record.recordedAt);
  const before = foldChain({ links, policy });
  // What these three say is what others are judged by: judging them by one another would never end.
  const isAside = record.kind === "hold" || record.kind === "release" || record.kind === "follow-up";
  const state = isAside ? before : await standingState({ state: before, version, now }, doubtIn(store, chain, options));
  const statements = new StatementReader(store, chain, options);
  const approvals = record.approvals.map(fromContentDigest);
  const evidence = recordedDigests(record.evidence);
  const champion = state.champion?.digest;
  const namesake = policyLike(chain);
  const situation: Situation = {
    ...{ policy, model: chain.model, version, digest: subject, state, head: headOf({ links }), foreign: [] },
    now,
    rule: findTransition(state, policy, { version, to: record.to, kind: ruleKind(policy, record.kind) }),
    circumstances: recordedCircumstances(record),
    statements: await statements.read([...evidence, ...approvals], subject),
    championStatements: champion ? await statements.read(recordedDigests(record.baseline), champion) : [],
    ...(await readContent(store, await store.resolve(subject, options), options)),
    requester: signer.identity.fingerprint,
    ...(record.sunset ? { sunset: record.sunset.expiresAt } : {}),
    ...(namesake ? { policyInUse: namesake } : {}),
    boundPolicy: fromContentDigest(record.policy.digest),
    boundEvidence: evidenceSetDigest(evidence),
  };
  await checkVerdict(store, chain, link, options);
  return { decision: decide(withDelegations(situation)), policyChanged: situation.boundPolicy !== policy.digest };
}

/**
 * Judges a record again, for whoever would act on it.
 *
 * @returns why the policy would not let it pass, or what it names and is gone; undefined when it holds. Errors of the
 * store that say nothing about the record pass through.
 */
export function doubtIn(store: ModelStore, chain: Chain, options: CallOptions = {}): Doubt {
  return async (link) => {
    try {
      const { decision } = await replay(store, chain, link, options);
      if (decision.allowed) return undefined;
      const failed = decision.gates.filter(denies).map(({ code, gate, reason }) => `${code} ${gate}: ${reason}`);
      return `record ${link.sequence}: ${failed.join("; ")}`;
    } catch (error) {
      if (!(error instanceof VerificationError || error instanceof LifecycleError)) throw error;
      return `record ${link.sequence}: ${error.message}`;
    }
  };
}

/** What the history knows under the name and version of the policy that judges. */
function policyLike({ links, policy: { name, version } }: Chain): PolicyReference | undefined {
  const link = links.findLast(({ record: { policy } }) => policy.name === name && policy.version === version);
  return link && policyOf(link);
}

/** The chain was verified against the policy's transitions, so that only their kinds are left. */
function ruleKind({ transitions }: Policy, kind: TransitionRecord["kind"]): TransitionKind | undefined {
  return transitions.find((rule) => rule.kind === kind)?.kind;
}

/** What the request said of itself, as the record kept it. */
function recordedCircumstances(record: TransitionRecord): Circumstances {
  const { breakGlass, compromisedSince, reason, slot, successor, weight } = record;
  return {
    ...breakGlass,
    ...(compromisedSince === undefined ? {} : { compromisedSince }),
    ...(reason === undefined ? {} : { reason }),
    ...(slot === undefined ? {} : { slot }),
    ...(successor === undefined ? {} : { successor: Number(successor.slice(1)) }),
    ...(weight === undefined ? {} : { weight }),
  };
}

/** Reads statements by digest: what is merely listed under a model now was perhaps not there then. */
class StatementReader {
  readonly #store: ModelStore;
  readonly #chain: Chain;
  readonly #options: CallOptions;

  constructor(store: ModelStore, chain: Chain, options: CallOptions) {
    this.#store = store;
    this.#chain = chain;
    this.#options = options;
  }

  async read(digests: readonly Digest[], subject: Digest): Promise<readonly MemberStatement[]> {
    const { policy } = this.#chain;
    const trust = policyTrust(policy);
    const read = await mapConcurrent(
      [...new Set(digests)],
      concurrency,
      async (digest, signal) => {
        const bundle = await resolveNamed(this.#store, digest, { signal });
        return memberStatement(policy, await verifyStatement(this.#store, bundle, subject, trust, { signal }));
      },
      this.#options.signal ?? undefined,
    );
    return read.flat();
  }
}

/** @throws {@link VerificationError} `NO_SIGNATURE` when what a record names is gone: it no longer proves anything. */
async function resolveNamed(store: ModelStore, digest: Digest, options: CallOptions): Promise<Descriptor> {
  try {
    return await store.resolve(digest, options);
  } catch (cause) {
    if (!hasCode(cause, "NOT_FOUND")) throw cause;
    throw new VerificationError("NO_SIGNATURE", `${digest} is named by a record, but it is gone`, { cause });
  }
}

/** The verdict must be the record signer's own, and about this move. */
async function checkVerdict(
  store: ModelStore,
  { policy }: Chain,
  link: ChainLink,
  options: CallOptions,
): Promise<void> {
  const { record, sequence, signer, subject } = link;
  const bundle = await resolveNamed(store, fromContentDigest(record.verdict), options);
  const trust = { ...trustIn([signer], policy), predicateType: predicateTypes.verdict };
  const { statement } = await verifyStatement(store, bundle, subject, trust, options);
  const summary = VerificationSummary.safeParse(statement.predicate).data;
  const isAboutMove =
    summary?.verificationResult === "PASSED" &&
    summary.verifier.id === verifierId &&
    summary.resourceUri === resourceUri(record.model, link.version) &&
    summary.verifiedLevels.includes(gateLevel(record.to));
  if (isAboutMove) return;
  throw new VerificationError(
    "SUBJECT_MISMATCH",
    `the verdict of record ${sequence} is not a passed ${gateLevel(record.to)} under ${policy.name}`,
  );
}
