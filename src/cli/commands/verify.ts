import { z } from "zod";
import type { Policy } from "../../lifecycle/index.ts";
import type { PublicKey, Verification, VerificationReport } from "../../trust/index.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { readPublicKey } from "../options/signing.ts";
import { type OpenedTarget, withTarget } from "../options/target.ts";
import type { Paint } from "../render/paint.ts";
import { safe, shortDigest } from "../render/text.ts";

export interface VerifyOptions extends RegistryOptions, PolicyOptions {
  readonly key?: string;
  readonly type?: string;
  readonly state?: string;
}

const StatementView = z.object({
  predicateType: z.string(),
  signer: z.string().describe("fingerprint of the key"),
  name: z.string().optional().describe("what the policy calls the key"),
  person: z.string().optional(),
  bundle: z.string().describe("digest of the manifest that carries it"),
  claimedTime: z.string().optional().describe("not proven: a key signature alone proves no time"),
});

export const VerifyResult = z.object({
  kind: z.literal("verify"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  digest: z.string(),
  verified: z.array(StatementView),
  rejected: z.array(z.object({ bundle: z.string(), code: z.string(), reason: z.string() })),
  state: z
    .object({
      state: z.string(),
      since: z.string(),
      record: z.int().describe("number of the record that says so"),
      by: z.string(),
      policyChanged: z.boolean().describe("the record was decided under another version of the policy"),
    })
    .optional(),
});
export type VerifyResult = z.infer<typeof VerifyResult>;

export const command: CommandModule = {
  define(program, act) {
    const verify = program
      .command("verify <ref>")
      .description("verify who signed a version and what is stated about it; exit 4 when it does not hold")
      .option("--key <file>", "public key that must have signed; default: the keys of the policy")
      .option("--type <uri>", "demand a statement of this predicate type instead of a plain signature")
      .option("--state <state>", "also recompute the whole lifecycle answer from chain, evidence and policy")
      .action((ref: string, options: VerifyOptions) => act(render, (context) => verify_(context, ref, options)));
    addPolicyOptions(addRegistryOptions(verify));
    addExamples(verify, [
      { line: "mreg verify risk:v1 --key alice.pub", does: "did Alice sign it?" },
      { line: "mreg verify risk:v1 --state production", does: "may it serve in production? trusts no tag" },
    ]);
  },
};

async function verify_(context: Context, ref: string, options: VerifyOptions): Promise<Outcome<VerifyResult>> {
  const key = options.key ? await readPublicKey(options.key) : undefined;
  const policy = key && !options.state ? undefined : await openPolicy(context, options);
  return withTarget(context, ref, options, async (target) => {
    const { policyKeys } = await import("../../lifecycle/index.ts");
    const keys = key ? [key] : policy ? policyKeys(policy) : [];
    const report = await verifyAll(context, target, keys, options.type);
    const state = policy && options.state ? await recomputeState(context, target, policy, options.state) : undefined;
    const result: VerifyResult = {
      kind: "verify",
      schemaVersion: 1,
      reference: target.pinned,
      digest: target.descriptor.digest,
      verified: report.verified.map((verification) => view(verification, policy)),
      rejected: report.rejected.map(({ bundle, error }) => ({
        bundle: bundle.digest,
        code: error.code,
        reason: error.message,
      })),
      ...(state ? { state } : {}),
    };
    return { result };
  });
}

/** Everything that verifies, provided that what was demanded is among it. */
async function verifyAll(
  { signal }: Context,
  { descriptor, repository }: OpenedTarget,
  keys: readonly PublicKey[],
  type: string | undefined,
): Promise<VerificationReport> {
  const { requireSignature, VerificationError, verifyStatements } = await import("../../trust/index.ts");
  if (type === undefined) await requireSignature(repository, descriptor, keys, { signal });
  const report = await verifyStatements(repository, descriptor, { keys }, { signal });
  if (type === undefined || report.verified.some(({ statement }) => statement.predicateType === type)) return report;
  throw new VerificationError("NO_SIGNATURE", `no trusted key stated ${type} about ${descriptor.digest}`);
}

async function recomputeState(
  context: Context,
  target: OpenedTarget,
  policy: Policy,
  state: string,
): Promise<VerifyResult["state"]> {
  const { verifyState } = await import("../../lifecycle/index.ts");
  const { descriptor, repository, version } = target;
  const answer = await verifyState(repository, policy, descriptor, state, { signal: context.signal, ...version });
  const { link, policyChanged, since } = answer;
  return { state, since, record: link.sequence, by: link.signer.person, policyChanged };
}

function view(
  { bundle, claimedTime, signer, statement }: Verification,
  policy: Policy | undefined,
): VerifyResult["verified"][number] {
  const member = [...(policy?.members.values() ?? [])].find(
    ({ key }) => key.identity.fingerprint === signer.fingerprint,
  );
  return {
    predicateType: statement.predicateType,
    signer: signer.fingerprint,
    bundle: bundle.digest,
    ...(member ? { name: member.name, person: member.person } : {}),
    ...(claimedTime ? { claimedTime } : {}),
  };
}

function render(result: VerifyResult, paint: Paint): string {
  const { state } = result;
  return [
    ...result.verified.map(
      (item) =>
        `${paint.good("✓")} ${safe(item.predicateType)}  by ${safe(item.person ?? item.signer)}  ${shortDigest(item.bundle)}`,
    ),
    ...result.rejected.map(
      (item) => `${paint.bad("✗")} ${shortDigest(item.bundle)}  ${item.code}: ${safe(item.reason)}`,
    ),
    ...(state
      ? [
          `${paint.good("✓")} in ${safe(state.state)} since ${state.since}, record ${state.record} by ${safe(state.by)}${state.policyChanged ? "; the policy has changed since" : ""}`,
        ]
      : []),
    safe(result.reference),
  ].join("\n");
}
