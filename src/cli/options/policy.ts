import type { Command } from "commander";
import type { Policy } from "../../lifecycle/index.ts";
import type { Context } from "../context.ts";
import { keepNewSpaceSmall } from "./heap.ts";
import { policyFileName, readPolicyText, textsOf } from "./policy-text.ts";
import type { RegistryOptions } from "./registry.ts";

export { policyFileName };

export interface PolicyOptions {
  readonly policy?: string;
  readonly trustedRoot?: string;
}

/** Adds `--policy` and `--trusted-root`. */
export function addPolicyOptions(command: Command): Command {
  return command
    .option("--policy <file>", `policy, or <name>@sha256:…; default: policy of mreg.yaml, or ${policyFileName} here`)
    .option("--trusted-root <file>", "root of certificates, logs and times; default: that of `mreg trust`");
}

/** Reads the policy. There is no policy by default: without one, nobody is trusted. */
export async function openPolicy(context: Context, options: PolicyOptions & RegistryOptions): Promise<Policy> {
  keepNewSpaceSmall();
  const { bases, yaml } = await readPolicyText(context, options);
  const { parsePolicy } = await import("../../lifecycle/policy/parse.ts");
  const policy = parsePolicy(yaml, { bases: textsOf(bases) });
  const hasCertificates = [...policy.members.values()].some(({ identity }) => identity.kind === "certificate");
  // Of a policy of keys alone, witnesses are looked at where it asks for them, or somebody says by which root.
  const isGiven = (options.trustedRoot ?? context.config.signing?.trustedRoot) !== undefined;
  if (!hasCertificates && !policy.witnesses && !isGiven) return policy;
  const { openTrustRoot } = await import("./trust.ts");
  return parsePolicy(yaml, { bases: textsOf(bases), trustRoot: await openTrustRoot(context, options) });
}
