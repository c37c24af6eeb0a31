import { z } from "zod";
import { ContentDigest, fromContentDigest, toContentDigest } from "../../evidence/predicates/digest-set.ts";
import { Name, Timestamp } from "../../evidence/predicates/resource.ts";
import { makeStatement, type Statement } from "../../trust/statement.ts";
import { LifecycleError } from "../errors.ts";
import type { Policy } from "../policy/policy.ts";
import { versionTag } from "../versions/tags.ts";
import type { Chain } from "./fold.ts";

export const checkpointType = "https://mreg.dev/checkpoint/v1";

/**
 * Where a model's chain stood: predicate of a statement whose subject is the manifest of the newest record.
 *
 * Attached to that manifest it is a heartbeat; in a file, an export that a chain can be compared with later.
 */
export const Checkpoint = z.strictObject({
  model: Name,
  seq: z.int().min(1),
  head: ContentDigest,
  /** What production served, in its main slot. */
  serving: z.strictObject({ version: z.string().regex(/^v[1-9][0-9]{0,14}$/), digest: ContentDigest }).nullable(),
  policy: z.strictObject({ name: Name, version: z.int().min(1), digest: ContentDigest }),
  issuedAt: Timestamp,
});
export type Checkpoint = Readonly<z.infer<typeof Checkpoint>>;

/** @throws {@link LifecycleError} `CHAIN_BROKEN` when there is no record yet to speak of. */
export function checkpointStatement({ links, model, policy, state }: Chain, now: Date): Statement {
  const head = links.at(-1);
  if (!head) throw new LifecycleError("CHAIN_BROKEN", `${model} has no record yet, expected one to speak of`);
  const { champion } = state;
  const predicate: Checkpoint = {
    ...{ model, seq: head.sequence, head: toContentDigest(head.bundle.digest) },
    serving: champion ? { version: versionTag(champion.version), digest: toContentDigest(champion.digest) } : null,
    policy: { name: policy.name, version: policy.version, digest: toContentDigest(policy.digest) },
    issuedAt: now.toISOString(),
  };
  return makeStatement({ subject: head.bundle, name: model, predicateType: checkpointType, predicate });
}

/** Roles whose word about the head counts: those that could write the next record anyway. */
export function witnessRoles({ transitions }: Policy): readonly string[] {
  return [...new Set(transitions.flatMap(({ authorize }) => authorize.roles))];
}

/** Whether a chain is the one that a checkpoint spoke of, grown or not. */
export function continues({ links, model }: Pick<Chain, "links" | "model">, checkpoint: Checkpoint): boolean {
  if (checkpoint.model !== model) return false;
  return links[checkpoint.seq - 1]?.bundle.digest === fromContentDigest(checkpoint.head);
}
