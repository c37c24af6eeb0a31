import type { Command } from "commander";
import type { VerificationPolicy } from "../../trust/index.ts";
import type { Context } from "../context.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "./policy.ts";
import { readPublicKey } from "./signing.ts";
import { addTrustOptions, readCertificateTrust, type TrustOptions } from "./trust.ts";

/** Whose statements are believed: those of a key, of a certificate's holder, or of everybody in the policy. */
export interface EvidenceTrustOptions extends PolicyOptions, TrustOptions {
  readonly key?: string;
}

export function addEvidenceTrustOptions(command: Command): Command {
  const key = command.option("--key <key>", "public key whose statements count; default: the keys of the policy");
  return addPolicyOptions(addTrustOptions(key));
}

/** Opens what is trusted; without flags that is the policy, and without a policy nobody. */
export async function openEvidenceTrust(context: Context, options: EvidenceTrustOptions): Promise<VerificationPolicy> {
  const key = options.key === undefined ? undefined : await readPublicKey(context, options.key);
  const certificates = await readCertificateTrust(context, options);
  if (key || certificates) return { keys: key ? [key] : [], ...(certificates ? { certificates } : {}) };
  const { policyTrust } = await import("../../lifecycle/index.ts");
  return policyTrust(await openPolicy(context, options));
}
