import { toContentDigest } from "../../evidence/predicates/digest-set.ts";
import type { GraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { SigningError } from "../../trust/errors.ts";
import { signStatement } from "../../trust/sign.ts";
import { type Signer, signerIdentity } from "../../trust/signer.ts";
import { makeStatement } from "../../trust/statement.ts";
import { claimNumber } from "../chain/claim-number.ts";
import type { ChainLink } from "../chain/fold.ts";
import { verifyRecord } from "../chain/read-record.ts";
import { TransitionRecord, transitionType } from "../chain/record.ts";
import { linkRecord } from "../chain/verify-links.ts";
import type { Standing } from "../collect/collect.ts";
import type { Decision } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { verdictStatement } from "../decision/verdict.ts";
import { durationMs } from "../duration.ts";
import type { Policy } from "../policy/policy.ts";
import { versionTag } from "../versions/tags.ts";
import { recordedInputs } from "./record-inputs.ts";
import type { PromoteRequest } from "./request.ts";

/** A decision that allows the move, and all it was made from. */
export interface AllowedMove {
  readonly standing: Standing;
  readonly situation: Situation;
  readonly decision: Decision;
}

/**
 * Writes verdict and record, then the log tag, which is the commit point (docs/decisions/005).
 *
 * Whatever stops it before the log tag leaves attachments that nothing refers to, and no change of state.
 *
 * @returns the new link of the chain.
 * @throws {@link LifecycleError} `STATE_CONFLICT` when another record got the number first.
 */
export async function commitMove(store: GraphTarget, move: AllowedMove, request: PromoteRequest): Promise<ChainLink> {
  const { clock, signal, signer, target } = request;
  const { decision, situation, standing } = move;
  requireWitness(standing.chain.policy, signer);
  const inputs = recordedInputs(situation);
  const signing = { signer, clock, signal };
  const verdict = await signStatement(
    store,
    target,
    verdictStatement(target, decision, inputs, request.tool ?? defaultTool),
    signing,
  );
  const record = recordOf(move, request, verdict);
  const statement = makeStatement({
    subject: target,
    name: decision.model,
    predicateType: transitionType(record.to),
    predicate: record,
  });
  const bundle = await signStatement(store, target, statement, signing);
  const { chain } = standing;
  const signed = { statement, bundle, signer: signerIdentity(signer) };
  // A record that no reader would accept must not become the head: nothing could ever follow it.
  const link = linkRecord(
    // What witnesses have added stands in the bundle alone: it is judged as every reader will judge it.
    chain.policy.witnesses || signer.prove ? await verifyRecord(store, chain.policy, bundle, { signal }) : signed,
    { model: chain.model, policy: chain.policy, previous: chain.links.at(-1), state: chain.state },
  );
  await claimNumber(store, chain, link, { signal });
  return link;
}

const defaultTool = "mreg";

/** Before anything is written: a record that no reader would accept is not worth its verdict. */
function requireWitness({ name, trustRoot, witnesses }: Policy, signer: Signer): void {
  const testifies = signer.prove !== undefined;
  if (!witnesses || (testifies && trustRoot)) return;
  const what = testifies ? "no trusted root to verify them by" : "a key that nobody testifies for";
  throw new SigningError(
    testifies ? "TRUST_ROOT_INVALID" : "KEY_INVALID",
    `policy ${name} asks for witnesses of every record, found ${what}`,
  );
}

function recordOf({ decision, situation, standing }: AllowedMove, request: PromoteRequest, verdict: Descriptor) {
  const { evidence, baseline } = recordedInputs(situation);
  const { approvals, from, kind, model, policy, requester, to, version } = decision;
  const champion = standing.state.champion?.digest;
  return TransitionRecord.parse({
    seq: standing.chain.links.length + 1,
    prev: situation.head === null ? null : toContentDigest(situation.head),
    ...{ model, version: versionTag(version), from, to, kind },
    // `decide` has refused requesters that the policy does not know.
    requester: requester?.name,
    approvals: approvals.map(toContentDigest),
    ...{ evidence, baseline },
    policy: { name: policy.name, version: policy.version, digest: toContentDigest(policy.digest) },
    verdict: toContentDigest(verdict.digest),
    previousChampion: champion === undefined ? null : toContentDigest(champion),
    ...(situation.sunset === undefined ? {} : { sunset: { expiresAt: situation.sunset } }),
    ...circumstantial(situation),
    ...(request.ci === undefined ? {} : { ci: request.ci }),
    recordedAt: decision.decidedAt,
    tool: request.tool ?? defaultTool,
  });
}

/** What the record says of why and how; fields that say nothing are left out, and old records keep their bytes. */
function circumstantial({ circumstances = {}, now, rule }: Situation): Partial<TransitionRecord> {
  const { compromisedSince, expiresAt = "", incident = "", reason, slot, successor, weight } = circumstances;
  const followUpBy = new Date(now.getTime() + durationMs(rule.followUpWithin ?? "0s")).toISOString();
  return {
    ...(successor === undefined ? {} : { successor: versionTag(successor) }),
    ...(reason === undefined ? {} : { reason }),
    ...(slot === undefined ? {} : { slot }),
    ...(weight === undefined ? {} : { weight }),
    ...(rule.kind === "break-glass" ? { breakGlass: { incident, expiresAt, followUpBy } } : {}),
    ...(compromisedSince === undefined ? {} : { compromisedSince }),
  };
}
