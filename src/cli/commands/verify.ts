import type { Policy } from "../../lifecycle/index.ts";
import type { Proven, Verification, VerificationPolicy, VerificationReport } from "../../trust/index.ts";
import { omsPredicateType } from "../../trust/oms/predicate-type.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { addExamples } from "../options/examples.ts";
import { addHeadOptions, type HeadOptions, readHistory } from "../options/heads.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { readPublicKey } from "../options/signing.ts";
import { type OpenedTarget, withTarget } from "../options/target.ts";
import { addTrustOptions, openTrustRoot, readCertificateTrust } from "../options/trust.ts";
import { gather } from "../options/values.ts";
import type { Paint } from "../render/paint.ts";
import { recordTimeWords, viewRecordTime } from "../render/record-time.ts";
import { safe, shortDigest } from "../render/text.ts";
import type { VerifyResult } from "../results/verify.ts";
import { renderVerifyHistory, type VerifyHistoryOptions, verifyHistory } from "./verify-history.ts";
import { renderVerifyOms, type VerifyOmsOptions, verifyOms } from "./verify-oms.ts";

export interface VerifyOptions extends RegistryOptions, PolicyOptions, VerifyOmsOptions, VerifyHistoryOptions {
  readonly type?: string;
  readonly state?: string;
}

export const command: CommandModule = {
  define(program, act) {
    const verify = program
      .command("verify [ref]")
      .description(
        "verify who signed a version, or a directory, and what is stated about it; exit 4 when it does not hold",
      )
      .option(
        "--key <key>",
        "public key that must have signed: a file, env://NAME, - or in a KMS; default: the keys of the policy",
      )
      .option("--type <uri>", "demand a statement of this predicate type instead of a plain signature")
      .option("--state <state>", "also recompute the whole lifecycle answer from chain, evidence and policy")
      .option("--replay <record>", "of a model: make the verdict of a record again: its number, its digest, or all")
      .option("--checkpoint <file>", "of a model: the history must continue what this checkpoint spoke of")
      .option("--oms <dir>", "instead of a version: the files of a directory, by the OpenSSF Model Signing in it")
      .option("--model-sig <file>", "that signature; default: model.sig in the directory")
      .option("--authority <file>", "certificates that a model signature may come from, PEM, repeatable", gather, [])
      .option("--ignore <path>", "path in the directory to look away from, repeatable", gather, [])
      .action((ref: string | undefined, options: VerifyOptions) => {
        if (options.oms !== undefined && ref === undefined) {
          const directory = options.oms;
          return act(renderVerifyOms, (context) => verifyOms(context, directory, options));
        }
        if (ref !== undefined && (options.replay !== undefined || options.checkpoint !== undefined)) {
          return act(renderVerifyHistory, (context) => verifyHistory(context, ref, options));
        }
        return act(render, (context) => verify_(context, ref, options));
      });
    addHeadOptions(addPolicyOptions(addRegistryOptions(addTrustOptions(verify))));
    addExamples(verify, [
      { line: "mreg verify risk:v1 --key alice.pub", does: "did Alice sign it?" },
      { line: "mreg verify risk:v1 --state production", does: "may it serve in production? trusts no tag" },
      {
        line: "mreg verify risk --replay all",
        does: "would every record's move be allowed again, from what it names?",
      },
      {
        line: "mreg verify risk:v1 --identity ann@example.com --issuer https://accounts.google.com",
        does: "did Ann sign it with a certificate?",
      },
      {
        line: "mreg sign risk:v1 --oms && mreg pull risk:v1 --oms -o signed && mreg verify --oms signed --key alice.pub",
        does: "is every file as Alice signed it, and no other there? model_signing says the same",
      },
    ]);
  },
};

async function verify_(
  context: Context,
  ref: string | undefined,
  options: VerifyOptions,
): Promise<Outcome<VerifyResult>> {
  if (ref === undefined || options.oms !== undefined) {
    throw new UsageError("expected one of <ref>, a version, and --oms <dir>, a directory");
  }
  const given = await givenTrust(context, options);
  const policy = given && !options.state ? undefined : await openPolicy(context, options);
  return withTarget(context, ref, options, async (target) => {
    const { policyTrust } = await import("../../lifecycle/index.ts");
    const trust = given ?? (policy ? policyTrust(policy) : { keys: [] });
    const report = await verifyAll(context, target, trust, options.type);
    const state =
      policy && options.state
        ? await recomputeState(context, target, policy, { ...options, state: options.state })
        : undefined;
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

/** What the flags say is trusted; undefined when that is left to the policy. */
async function givenTrust(context: Context, options: VerifyOptions): Promise<VerificationPolicy | undefined> {
  const key = options.key ? await readPublicKey(context, options.key) : undefined;
  const certificates = await readCertificateTrust(context, options);
  if (!key && !certificates) return undefined;
  // A key proves no time. Whoever names a root beside it wants to know one: a log's entry or a timestamp.
  const keyProofs =
    key && options.trustedRoot !== undefined
      ? { root: await openTrustRoot(context, options), thresholds: { logs: 0, times: 1 } }
      : undefined;
  return {
    keys: key ? [key] : [],
    ...(certificates ? { certificates } : {}),
    ...(keyProofs ? { keyProofs } : {}),
  };
}

/** Everything that verifies, provided that what was demanded is among it. */
async function verifyAll(
  { signal }: Context,
  { descriptor, repository }: OpenedTarget,
  trust: VerificationPolicy,
  type: string | undefined,
): Promise<VerificationReport> {
  const { requireStatements, signPredicateType } = await import("../../trust/index.ts");
  if (type === omsPredicateType) return verifyAttachedOms({ descriptor, repository }, trust, signal);
  const demanded = { ...trust, predicateType: type ?? signPredicateType, others: true };
  return requireStatements(repository, descriptor, demanded, { signal });
}

/** A model signature speaks of files: it holds when they are those of the version. */
async function verifyAttachedOms(
  { descriptor, repository }: Pick<OpenedTarget, "descriptor" | "repository">,
  policy: VerificationPolicy,
  signal: AbortSignal,
): Promise<VerificationReport> {
  const { findOms, modelResources } = await import("../../trust/oms/index.ts");
  const files = await modelResources(repository, descriptor, { signal });
  const { verification } = await findOms(repository, descriptor, { files, policy }, { signal });
  return { verified: verification ? [verification] : [], rejected: [] };
}

async function recomputeState(
  context: Context,
  target: OpenedTarget,
  policy: Policy,
  { state, ...options }: HeadOptions & { readonly state: string },
): Promise<VerifyResult["state"]> {
  const { recordTime, verifyState } = await import("../../lifecycle/index.ts");
  const { descriptor, repository, version } = target;
  const { clock, signal } = context;
  const chain = await readHistory(context, repository, policy, options);
  const answer = await verifyState(repository, policy, descriptor, state, { chain, clock, signal, ...version });
  const { link, policyChanged, since } = answer;
  const time = viewRecordTime(recordTime(link, policy));
  return { state, since, time, record: link.sequence, by: link.signer.person, policyChanged };
}

function view(
  { bundle, claimedTime, legacy, proven, signer, statement }: Verification,
  policy: Policy | undefined,
): VerifyResult["verified"][number] {
  const member = [...(policy?.members.values() ?? [])].find(
    ({ identity }) => identity.fingerprint === signer.fingerprint,
  );
  return {
    predicateType: statement.predicateType,
    signer: signer.fingerprint,
    ...(signer.kind === "certificate" ? { identity: signer.subject, issuer: signer.issuer } : {}),
    bundle: bundle.digest,
    ...(member ? { name: member.name, person: member.person } : {}),
    ...(claimedTime ? { claimedTime } : {}),
    ...(legacy ? { legacy: { ...legacy } } : {}),
    ...(proven ? viewProven(proven) : {}),
  };
}

function viewProven({ logEntries, root, times }: Proven): Partial<VerifyResult["verified"][number]> {
  const provenTime = times[0]?.time;
  return {
    ...(provenTime ? { provenTime } : {}),
    times: [...times],
    logEntries: [...logEntries],
    trustedRoot: root,
  };
}

function legacyWords({ legacy }: VerifyResult["verified"][number]): string {
  return legacy
    ? `  (no bundle, but a ${legacy.kind} ${legacy.found === "tag" ? "under a tag" : "attached"} as before)`
    : "";
}

function provenWords({ logEntries = [], provenTime, times = [] }: VerifyResult["verified"][number]): string {
  if (provenTime === undefined) return "";
  const sources = [...new Set(times.map(({ authority }) => safe(authority)))].join(", ");
  const logged = logEntries.map(({ index, log }) => `; entry ${index} of ${safe(log)}`).join("");
  return `  at ${provenTime} (${sources})${logged}`;
}

function render(result: VerifyResult, paint: Paint): string {
  const { state } = result;
  return [
    ...result.verified.map(
      (item) =>
        `${paint.good("✓")} ${safe(item.predicateType)}  by ${safe(item.person ?? item.identity ?? item.signer)}  ${shortDigest(item.bundle)}${legacyWords(item)}${provenWords(item)}`,
    ),
    ...result.rejected.map(
      (item) => `${paint.bad("✗")} ${shortDigest(item.bundle)}  ${item.code}: ${safe(item.reason)}`,
    ),
    ...(state
      ? [
          `${paint.good("✓")} in ${safe(state.state)} since ${state.since}, record ${state.record} by ${safe(state.by)}${state.policyChanged ? "; the policy has changed since" : ""}`,
          ...[recordTimeWords(state.time, paint)].flatMap((words) => (words === undefined ? [] : [`  ${words}`])),
        ]
      : []),
    safe(result.reference),
  ].join("\n");
}
