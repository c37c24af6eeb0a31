import { z } from "zod";
import type { ContentDigest } from "../../evidence/index.ts";
import type { Chain, ChainLink } from "../../lifecycle/index.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { withModel } from "../options/target.ts";
import type { Paint } from "../render/paint.ts";
import { safe, shortDigest } from "../render/text.ts";

const Entry = z.object({
  sequence: z.int(),
  digest: z.string().describe("digest of the record's manifest; the next record names it as its predecessor"),
  version: z.string(),
  model: z.string().describe("digest of the model manifest"),
  from: z.string(),
  to: z.string(),
  transition: z.string(),
  signer: z.string().describe("name in the policy"),
  person: z.string(),
  recordedAt: z.string(),
  approvals: z.array(z.string()),
  evidence: z.array(z.object({ predicateType: z.string(), digest: z.string() })),
  policy: z.object({ name: z.string(), version: z.int(), digest: z.string() }),
});

export const LogResult = z.object({
  kind: z.literal("log"),
  schemaVersion: z.literal(1),
  name: z.string(),
  entries: z.array(Entry).describe("verified records, oldest first"),
});
export type LogResult = z.infer<typeof LogResult>;

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
  const { fromContentDigest } = await import("../../evidence/index.ts");
  return withModel(context, name, options, async ({ repository }) => {
    const chain: Chain = await readChain(repository, policy, { signal: context.signal });
    return {
      result: {
        kind: "log",
        schemaVersion: 1,
        name: repository.name,
        entries: chain.links.map((link) => toEntry(link, fromContentDigest)),
      },
    };
  });
}

function toEntry(
  { bundle, record, sequence, signer, subject }: ChainLink,
  digestOf: (set: ContentDigest) => string,
): LogResult["entries"][number] {
  const { approvals, evidence, from, kind, policy, recordedAt, to, version } = record;
  return {
    sequence,
    digest: bundle.digest,
    version,
    model: subject,
    from,
    to,
    transition: kind,
    signer: signer.name,
    person: signer.person,
    recordedAt,
    approvals: approvals.map(digestOf),
    evidence: evidence.map(({ predicateType, digest }) => ({ predicateType, digest: digestOf(digest) })),
    policy: { name: policy.name, version: policy.version, digest: digestOf(policy.digest) },
  };
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
    ...(entry.approvals.length > 0 ? [`approvals ${entry.approvals.map(shortDigest).join(", ")}`] : []),
    `${entry.evidence.length} statements`,
    `policy ${safe(entry.policy.name)}@${entry.policy.version}`,
    `record ${shortDigest(entry.digest)}`,
  ];
  return `${paint.strong(head)}\n        ${paint.dim(facts.join("; "))}`;
}
