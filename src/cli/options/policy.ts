import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Policy } from "../../lifecycle/index.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";

export const policyFileName = "mreg.policy.yaml";

export interface PolicyOptions {
  readonly policy?: string;
  readonly trustedRoot?: string;
}

/** Adds `--policy` and `--trusted-root`. */
export function addPolicyOptions(command: Command): Command {
  return command
    .option("--policy <file>", `policy; default: policy of mreg.yaml, or ${policyFileName} here`)
    .option("--trusted-root <file>", "root of certificates, logs and times; default: that of `mreg trust`");
}

/** Reads the policy. There is no policy by default: without one, nobody is trusted. */
export async function openPolicy(context: Context, options: PolicyOptions): Promise<Policy> {
  const path = resolve(context.cwd, options.policy ?? context.config.policy ?? policyFileName);
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const next = cause.code === "ENOENT" ? "; `mreg init` writes one" : "";
    throw new UsageError(`cannot read policy ${path}: ${cause.message}${next}`, { cause });
  });
  const { parsePolicy } = await import("../../lifecycle/policy/parse.ts");
  const policy = parsePolicy(text);
  const hasCertificates = [...policy.members.values()].some(({ identity }) => identity.kind === "certificate");
  if (!hasCertificates) return policy;
  const { openTrustRoot } = await import("./trust.ts");
  return parsePolicy(text, { trustRoot: await openTrustRoot(context, options) });
}
