import type { Digest } from "../../base/digest.ts";
import { hasCode } from "../../base/errors.ts";
import type { Chain, ChainLink, Policy } from "../../lifecycle/index.ts";
import type { CallOptions, Repository } from "../../oci/content.ts";
import { VerificationError } from "../../trust/errors.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { withModel } from "../options/target.ts";
import type { Paint } from "../render/paint.ts";
import { safe, shortDigest } from "../render/text.ts";
import type { LogResult } from "../results/log.ts";

type LogOptions = RegistryOptions & PolicyOptions;

export const command: CommandModule = {
  define(program, act) {
    const log = program
      .command("log <name>")
      .description("the chain of transitions, verified link by link: who, when, why")
      .action((name: string, options: LogOptions) => act(render, (context) => log_(context, name, options)));
    addPolicyOptions(addRegistryOptions(log));
    addExamples(log, [
      { line: "mreg log risk", does: "every transition of risk, newest first" },
      { line: "mreg log risk --format json", does: "the same with all digests, oldest first" },
    ]);
  },
};

async function log_(context: Context, name: string, options: LogOptions): Promise<Outcome<LogResult>> {
  const policy = await openPolicy(context, options);
  const { readChain } = await import("../../lifecycle/index.ts");
  return withModel(context, name, options, async ({ repository }) => {
    const { signal } = context;
    const chain: Chain = await readChain(repository, policy, { signal });
    const entries: LogResult["entries"] = [];
    for (const link of chain.links) entries.push(await toEntry(repository, link, policy, { signal }));
    return { result: { kind: "log", schemaVersion: 1, name: repository.name, entries } };
  });
}

async function toEntry(
  repository: Repository,
  link: ChainLink,
  chainPolicy: Policy,
  options: CallOptions,
): Promise<LogResult["entries"][number]> {
  const { fromContentDigest } = await import("../../evidence/index.ts");
  const { approvals, evidence, from, kind, policy, recordedAt, to, version } = link.record;
  const verified: LogResult["entries"][number]["approvals"] = [];
  for (const digest of approvals.map(fromContentDigest)) {
    const person = await approver(repository, { digest, subject: link.subject, policy: chainPolicy }, options);
    verified.push({ digest, ...(person ? { person } : {}) });
  }
  return {
    ...{ sequence: link.sequence, digest: link.bundle.digest, version, model: link.subject },
    ...{ from, to, transition: kind, recordedAt },
    ...{ signer: link.signer.name, person: link.signer.person },
    approvals: verified,
    evidence: evidence.map(({ predicateType, digest }) => ({ predicateType, digest: fromContentDigest(digest) })),
    policy: { name: policy.name, version: policy.version, digest: fromContentDigest(policy.digest) },
  };
}

interface ApprovalToVerify {
  readonly digest: Digest;
  readonly subject: Digest;
  readonly policy: Policy;
}

/** The person behind an approval; undefined when it is gone or does not verify, which a reader of the log must see. */
async function approver(
  repository: Repository,
  { digest, subject, policy }: ApprovalToVerify,
  options: CallOptions,
): Promise<string | undefined> {
  const { memberByFingerprint, policyTrust } = await import("../../lifecycle/index.ts");
  const { predicateTypes } = await import("../../evidence/index.ts");
  const { verifyStatement } = await import("../../trust/index.ts");
  try {
    const bundle = await repository.resolve(digest, options);
    const accept = { ...policyTrust(policy), predicateType: predicateTypes.approval };
    const { signer } = await verifyStatement(repository, bundle, subject, accept, options);
    return memberByFingerprint(policy, signer.fingerprint)?.person;
  } catch (error) {
    if (error instanceof VerificationError || hasCode(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

function render({ entries, name }: LogResult, paint: Paint): string {
  if (entries.length === 0) return `${safe(name)} has no transitions yet`;
  return [...entries]
    .reverse()
    .map((entry) => renderEntry(entry, paint))
    .join("\n");
}

function renderEntry(entry: LogResult["entries"][number], paint: Paint): string {
  const head = `${String(entry.sequence).padStart(6, "0")}  ${entry.recordedAt}  ${entry.version}  ${safe(entry.from)} → ${safe(entry.to)}`;
  const facts = [
    `by ${safe(entry.person)}`,
    ...(entry.transition === "promote" ? [] : [safe(entry.transition)]),
    ...(entry.approvals.length > 0
      ? [
          `approved by ${entry.approvals.map(({ digest, person }) => `${safe(person ?? "nobody who verifies")} (${shortDigest(digest)})`).join(", ")}`,
        ]
      : []),
    `${entry.evidence.length} statements`,
    `policy ${safe(entry.policy.name)}@${entry.policy.version}`,
    `record ${shortDigest(entry.digest)}`,
  ];
  return `${paint.strong(head)}\n        ${paint.dim(facts.join("; "))}`;
}
