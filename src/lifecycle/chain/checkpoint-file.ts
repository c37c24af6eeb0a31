import type { CallOptions } from "../../oci/content.ts";
import { parseBundle, writeBundle } from "../../trust/bundle.ts";
import { signEnvelope, signedBytes } from "../../trust/envelope.ts";
import { VerificationError } from "../../trust/errors.ts";
import type { Signer } from "../../trust/signer.ts";
import { findSigner } from "../../trust/signer-search.ts";
import { parseStatement, writeStatement } from "../../trust/statement.ts";
import { LifecycleError } from "../errors.ts";
import { hasRole, type Member, memberByFingerprint, type Policy, trustIn } from "../policy/policy.ts";
import { Checkpoint, checkpointStatement, checkpointType, continues, witnessRoles } from "./checkpoint.ts";
import type { Chain } from "./fold.ts";

/**
 * Signs where a chain stands, as a file to keep elsewhere: whoever has it can tell later whether the history is still
 * the one it was.
 *
 * @returns a sigstore bundle, as it would be attached.
 * @throws {@link LifecycleError} `CHAIN_BROKEN` when there is no record yet.
 */
export async function exportCheckpoint(
  chain: Chain,
  now: Date,
  { signal, signer }: CallOptions & { readonly signer: Signer },
): Promise<Uint8Array> {
  const envelope = await signEnvelope(writeStatement(checkpointStatement(chain, now)), signer);
  return writeBundle(envelope, signer.publicKey, await signer.prove?.(envelope, { signal }));
}

/** A checkpoint whose signature was verified. */
export interface VerifiedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly signer: Member;
}

/**
 * Holds a chain against a checkpoint.
 *
 * @throws {@link VerificationError} when nobody who could write records signed it.
 * @throws {@link LifecycleError} `CHAIN_BROKEN` when the history is shorter than the checkpoint says, or another one.
 */
export async function checkCheckpoint(chain: Chain, bytes: Uint8Array): Promise<VerifiedCheckpoint> {
  const found = await readCheckpoint(chain.policy, bytes);
  const { checkpoint } = found;
  if (continues(chain, checkpoint)) return found;
  const now = chain.links[checkpoint.seq - 1]?.bundle.digest ?? "gone";
  throw new LifecycleError(
    "CHAIN_BROKEN",
    `the checkpoint of ${checkpoint.issuedAt} about ${checkpoint.model} has record ${checkpoint.seq} as ${Object.values(checkpoint.head).join()}, and now it is ${now}`,
    { record: checkpoint.seq },
  );
}

async function readCheckpoint(policy: Policy, bytes: Uint8Array): Promise<VerifiedCheckpoint> {
  const { claim, envelope, proofs } = parseBundle(bytes);
  const { payload, signature } = envelope;
  const roles = witnessRoles(policy);
  const witnesses = [...policy.members.values()].filter((member) => hasRole(member, roles));
  const content = { content: payload, signedBytes: signedBytes(payload), signature };
  const { identity } = await findSigner({ content, claim, proofs }, trustIn(witnesses, policy));
  const statement = parseStatement(payload);
  const parsed = Checkpoint.safeParse(statement.predicate);
  const signer = memberByFingerprint(policy, identity.fingerprint);
  if (statement.predicateType === checkpointType && parsed.success && signer)
    return { checkpoint: parsed.data, signer };
  throw new VerificationError(
    "SIGNATURE_INVALID",
    `expected a signed ${checkpointType}, found ${statement.predicateType}`,
  );
}
