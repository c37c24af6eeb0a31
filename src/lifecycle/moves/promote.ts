import type { Digest } from "../../base/digest.ts";
import type { GraphTarget } from "../../oci/content.ts";
import { signerIdentity } from "../../trust/signer.ts";
import { type Chain, type ChainLink, foldChain } from "../chain/fold.ts";
import { collectSituation, readStanding } from "../collect/collect.ts";
import { replay } from "../collect/replay.ts";
import { decide } from "../decision/decide.ts";
import { type Decision, warns } from "../decision/decision.ts";
import { LifecycleError } from "../errors.ts";
import { logTag } from "../versions/tags.ts";
import { madeAlready } from "./check.ts";
import { commitMove } from "./commit.ts";
import { newestTags, reconcileTags, type TagConflict } from "./reconcile.ts";
import type { PromoteRequest } from "./request.ts";

export interface Promotion {
  /** `present`: the version was there already, by an earlier run of the same command. */
  readonly outcome: "done" | "present";
  readonly decision: Decision;
  /** The link of the chain that says so. */
  readonly record: {
    readonly sequence: number;
    /** Of the manifest that carries it. */
    readonly digest: Digest;
    readonly tags: readonly string[];
  };
  /** Tags that something else has taken. The move counts all the same; `readStatus` says what is wrong with them. */
  readonly conflicts: readonly TagConflict[];
}

/**
 * Moves a version to another state, if every gate of the policy lets it.
 *
 * The order (docs/decisions/005): verify the history, gather evidence by digest, decide, write verdict
 * and record, take the record's number (from here on the move has happened), write tags. Interrupted before that point
 * it has changed nothing; interrupted later it is completed by running it again, or by {@link reconcileTags}.
 *
 * @throws {@link LifecycleError} `GATE_DENIED` with the decision, and nothing was written (with `refuseWarnings` also
 * for a decision that allows the move, and warns); `STATE_CONFLICT` when somebody else moved the model meanwhile;
 * `TRANSITION_UNKNOWN`; `CHAIN_BROKEN`; `POLICY_INVALID`.
 */
export async function promote(
  store: GraphTarget & { readonly name: string },
  request: PromoteRequest,
): Promise<Promotion> {
  const { signal, signer } = request;
  const standing = await readStanding(store, request);
  const { chain } = standing;
  const made = madeAlready(standing, request);
  if (made) {
    const { decision } = await replay(store, chain, made, { signal });
    const { conflicts } = await reconcileTags(store, chain, { signal });
    return { outcome: "present", decision, record: describe(chain, made), conflicts };
  }
  const situation = await collectSituation(store, request, standing, signerIdentity(signer));
  const decision = decide(situation);
  if (!decision.allowed) throw denied(decision);
  if (request.refuseWarnings && warns(decision)) throw withheld(decision);
  // What an interrupted promotion left undone comes first, so that tags appear in the order of the records.
  await reconcileTags(store, chain, { signal });
  const link = await commitMove(store, { standing, situation, decision }, request);
  const grown = grow(chain, link);
  const { conflicts } = await reconcileTags(store, grown, { signal });
  return { outcome: "done", decision, record: describe(grown, link), conflicts };
}

/** The error that carries a denial. */
export function denied(decision: Decision): LifecycleError {
  const failed = decision.gates.filter(({ passed }) => !passed);
  const reasons = failed.map(({ code, gate, reason }) => `${code} ${gate}: ${reason}`).join("; ");
  const { digest, from, model, to, version } = decision;
  return new LifecycleError("GATE_DENIED", `${model} v${version} (${digest}) ${from} → ${to} is denied: ${reasons}`, {
    decision,
  });
}

/** The error for a move that is allowed, and that the request does not want as it is. */
function withheld(decision: Decision): LifecycleError {
  const warnings = decision.gates.flatMap(({ code, gate, waiver }) =>
    waiver ? [`${code} ${gate}: ${waiver.reason}`] : [],
  );
  const { digest, from, model, to, version, weakened } = decision;
  return new LifecycleError(
    "GATE_DENIED",
    `${model} v${version} (${digest}) ${from} → ${to} is allowed, but not without warnings: ${[...weakened, ...warnings].join("; ")}`,
    { decision },
  );
}

/** The chain with its new link, which `commitMove` has judged as every reader will. */
function grow(chain: Chain, link: ChainLink): Chain {
  const links = [...chain.links, link];
  return { ...chain, links, state: foldChain({ links, policy: chain.policy }) };
}

function describe(chain: Chain, link: ChainLink): Promotion["record"] {
  const links = chain.links.slice(0, link.sequence);
  return {
    sequence: link.sequence,
    digest: link.bundle.digest,
    tags: [logTag(link.sequence), ...newestTags({ ...chain, links })],
  };
}
