import { resolve } from "node:path";
import type { Digest } from "../../base/digest.ts";
import { hasCode } from "../../base/errors.ts";
import type { Chain, ChainLink, Policy } from "../../lifecycle/index.ts";
import type { CallOptions, Repository } from "../../oci/content.ts";
import { VerificationError } from "../../trust/errors.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addHeadOptions, type HeadOptions, readHistory } from "../options/heads.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { addSigningOptions, openSigner, type SigningOptions } from "../options/signing.ts";
import { withModel } from "../options/target.ts";
import type { Paint } from "../render/paint.ts";
import { recordTimeWords, viewRecordTime } from "../render/record-time.ts";
import { count, safe, shortDigest } from "../render/text.ts";
import type { LogResult } from "../results/log.ts";

interface LogOptions extends RegistryOptions, PolicyOptions, HeadOptions, SigningOptions {
  readonly checkpoint?: string;
}

export const command: CommandModule = {
  define(program, act) {
    const log = program
      .command("log <name>")
      .description("the chain of transitions, verified link by link: who, when, why")
      .option("--checkpoint <file>", "also sign where the chain stands, as a file to keep elsewhere")
      .action((name: string, options: LogOptions) => act(render, (context) => log_(context, name, options)));
    addHeadOptions(addPolicyOptions(addSigningOptions(addRegistryOptions(log))));
    addExamples(log, [
      { line: "mreg log risk", does: "every transition of risk, newest first" },
      {
        line: "mreg log risk --checkpoint risk.checkpoint --key mike.key && mreg verify risk --checkpoint risk.checkpoint",
        does: "sign where the history stands, and hold it against that later",
      },
      { line: "mreg log risk --format json", does: "the same with all digests, oldest first" },
    ]);
  },
};

async function log_(context: Context, name: string, options: LogOptions): Promise<Outcome<LogResult>> {
  const policy = await openPolicy(context, options);
  const signer = options.checkpoint === undefined ? undefined : await openSigner(context, options);
  return withModel(context, name, options, async ({ repository }) => {
    const { signal } = context;
    const chain: Chain = await readHistory(context, repository, policy, options);
    const entries: LogResult["entries"] = [];
    for (const link of chain.links) entries.push(await toEntry(repository, link, policy, { signal }));
    const heading = { kind: "log", schemaVersion: 1, name: repository.name } as const;
    if (!signer || options.checkpoint === undefined) return { result: { ...heading, entries } };
    const { exportCheckpoint } = await import("../../lifecycle/index.ts");
    const { writeFileAtomic } = await import("../../base/atomic-file.ts");
    const checkpoint = resolve(context.cwd, options.checkpoint);
    await writeFileAtomic(checkpoint, await exportCheckpoint(chain, context.clock(), { signal, signer }));
    return { result: { ...heading, checkpoint, entries } };
  });
}

async function toEntry(
  repository: Repository,
  link: ChainLink,
  chainPolicy: Policy,
  options: CallOptions,
): Promise<LogResult["entries"][number]> {
  const { fromContentDigest } = await import("../../evidence/index.ts");
  const { omissions } = await import("../../lifecycle/chain/own-word.ts");
  const { recordTime } = await import("../../lifecycle/chain/witnesses.ts");
  const { approvals, ci, evidence, from, kind, policy, recordedAt, sunset, to, tool, verdict, version } = link.record;
  const { breakGlass, compromisedSince, reason, slot, successor, weight } = link.record;
  const omits = omissions(link, chainPolicy);
  const verified: LogResult["entries"][number]["approvals"] = [];
  for (const digest of approvals.map(fromContentDigest)) {
    const person = await approver(repository, { digest, subject: link.subject, policy: chainPolicy }, options);
    verified.push({ digest, ...(person ? { person } : {}) });
  }
  return {
    ...{ sequence: link.sequence, digest: link.bundle.digest, version, model: link.subject },
    ...{ from, to, transition: kind, recordedAt, time: viewRecordTime(recordTime(link, chainPolicy)) },
    ...{ signer: link.signer.name, person: link.signer.person, tool, verdict: fromContentDigest(verdict) },
    ...(omits.length > 0 ? { omits: [...omits] } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(successor === undefined ? {} : { successor }),
    ...(sunset === undefined ? {} : { sunset: sunset.expiresAt }),
    ...(slot === undefined ? {} : { slot }),
    ...(weight === undefined ? {} : { weight }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    ...(compromisedSince === undefined ? {} : { compromisedSince }),
    ...(ci === undefined ? {} : { ciRun: ci.runUri }),
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

function render({ checkpoint, entries, name }: LogResult, paint: Paint): string {
  if (entries.length === 0) return `${safe(name)} has no transitions yet`;
  return [...entries]
    .reverse()
    .map((entry) => renderEntry(entry, paint))
    .concat(checkpoint === undefined ? [] : [`checkpoint ${safe(checkpoint)}`])
    .join("\n");
}

function renderEntry(entry: LogResult["entries"][number], paint: Paint): string {
  const time = recordTimeWords(entry.time, paint);
  const head = `${String(entry.sequence).padStart(6, "0")}  ${entry.recordedAt}  ${entry.version}  ${safe(entry.from)} → ${safe(entry.to)}`;
  const facts = [
    `by ${safe(entry.person)}`,
    ...(time === undefined ? [] : [time]),
    ...(entry.omits ?? []).map((omission) => paint.bad(omission)),
    ...(entry.transition === "promote" ? [] : [safe(entry.transition)]),
    ...(entry.reason === undefined ? [] : [safe(entry.reason)]),
    ...(entry.slot === undefined
      ? []
      : [`slot ${safe(entry.slot)}${entry.weight === undefined ? "" : ` at ${entry.weight} %`}`]),
    ...(entry.breakGlass === undefined
      ? []
      : [
          `${safe(entry.breakGlass.incident)} until ${entry.breakGlass.expiresAt}, follow-up by ${entry.breakGlass.followUpBy}`,
        ]),
    ...(entry.sunset === undefined ? [] : [`sunset ${entry.sunset}`]),
    ...(entry.successor === undefined ? [] : [`successor ${entry.successor}`]),
    ...(entry.ciRun === undefined ? [] : [safe(entry.ciRun)]),
    ...(entry.approvals.length > 0
      ? [
          `approved by ${entry.approvals.map(({ digest, person }) => `${safe(person ?? "nobody who verifies")} (${shortDigest(digest)})`).join(", ")}`,
        ]
      : []),
    count(entry.evidence.length, "statement"),
    `policy ${safe(entry.policy.name)}@${entry.policy.version}`,
    `record ${shortDigest(entry.digest)}`,
  ];
  return `${paint.strong(head)}\n        ${paint.dim(facts.join("; "))}`;
}
