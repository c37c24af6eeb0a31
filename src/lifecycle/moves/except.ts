import type { Clock } from "../../base/clock.ts";
import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Exception } from "../../evidence/predicates/exception.ts";
import type { CallOptions, GraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { VerificationError } from "../../trust/errors.ts";
import { signStatement } from "../../trust/sign.ts";
import { type Signer, signerIdentity } from "../../trust/signer.ts";
import { makeStatement } from "../../trust/statement.ts";
import { durationMs, durationPattern } from "../duration.ts";
import { LifecycleError } from "../errors.ts";
import { hasRole, memberByFingerprint, type Policy, personsInRoles, policyAt } from "../policy/policy.ts";
import { versionTag } from "../versions/tags.ts";

export interface ExceptRequest extends CallOptions {
  readonly policy: Policy;
  /** The model manifest, resolved. */
  readonly target: Descriptor;
  readonly version: number;
  /** As decisions name it: `eval.baseline`. */
  readonly gate: string;
  readonly ticket: string;
  readonly reason: string;
  /** A duration such as `14d`, or RFC 3339. */
  readonly until: string;
  readonly signer: Signer;
  readonly clock: Clock;
}

/**
 * Signs an exception, and refuses what could never count, so that nobody believes to have excepted something.
 *
 * Whether it does count is judged with every decision: not for whoever pushed, evaluated or asks, and not longer than
 * the policy lets.
 *
 * @throws {@link LifecycleError} `POLICY_INVALID` when the policy allows no exception from this gate, or none so long.
 * @throws {@link VerificationError} `IDENTITY_MISMATCH` when the signer may not sign one.
 */
export async function except(
  store: GraphTarget & { readonly name: string },
  request: ExceptRequest,
): Promise<{ readonly bundle: Descriptor; readonly until: string }> {
  const { clock, gate, reason, signal, signer, target, ticket, version } = request;
  const now = clock();
  const policy = policyAt(request.policy, now);
  const rule = policy.exceptions;
  if (!rule?.gates.includes(gate)) {
    const allowed = rule?.gates.join(", ") ?? "none at all";
    throw new LifecycleError("POLICY_INVALID", `policy ${policy.name} lets nobody except ${gate}, only ${allowed}`);
  }
  const member = memberByFingerprint(policy, signerIdentity(signer).fingerprint);
  if (!member || !hasRole(member, rule.signedBy)) {
    const who = personsInRoles(policy, rule.signedBy).join(", ") || "nobody in this policy";
    const found = member
      ? `${member.name} is ${member.roles.join(", ") || "without a role"}`
      : "the key is not in the policy";
    throw new VerificationError("IDENTITY_MISMATCH", `${found}, expected ${rule.signedBy.join(" or ")}: ${who}`);
  }
  const until = endOf(request.until, now);
  if (until.getTime() - now.getTime() > durationMs(rule.maxDuration)) {
    const found = until.toISOString();
    throw new LifecycleError(
      "POLICY_INVALID",
      `the exception ends at ${found}, expected an end within ${rule.maxDuration}`,
    );
  }
  const predicate = Exception.parse({
    ...{ model: store.name, version: versionTag(version), gate, ticket, reason },
    ...{ grantedAt: now.toISOString(), until: until.toISOString() },
  });
  const statement = makeStatement({
    subject: target,
    name: store.name,
    predicateType: predicateTypes.exception,
    predicate,
  });
  const bundle = await signStatement(store, target, statement, { signer, clock, signal });
  return { bundle, until: predicate.until };
}

function endOf(until: string, now: Date): Date {
  if (durationPattern.test(until)) return new Date(now.getTime() + durationMs(until));
  const time = new Date(until);
  if (time.getTime() > now.getTime()) return time;
  throw new LifecycleError("POLICY_INVALID", `the exception ends at ${JSON.stringify(until)}, expected a time to come`);
}
