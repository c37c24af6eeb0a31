import type { Chain, ChainLink, Explanation, JudgedRecord } from "../../lifecycle/index.ts";
import { StoreError } from "../../oci/errors.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { addExamples } from "../options/examples.ts";
import { addHeadOptions, type HeadOptions, readHistory } from "../options/heads.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { pin, withModel } from "../options/target.ts";
import { viewRecordTime } from "../render/record-time.ts";
import { renderWhy } from "../render/why.ts";
import type { RecordTimeView } from "../results/record-time.ts";
import type { WhyResult } from "../results/why.ts";

type WhyOptions = RegistryOptions & PolicyOptions & HeadOptions;

export const command: CommandModule = {
  define(program, act) {
    const why = program
      .command("why <model>")
      .description(
        "what serves, since when, who approved, on what evidence, under which policy; all of it judged again",
      )
      .action((name: string, options: WhyOptions) => act(renderWhy, (context) => why_(context, name, options)));
    addHeadOptions(addPolicyOptions(addRegistryOptions(why)));
    addExamples(why, [
      { line: "mreg why risk", does: "what production serves, and why" },
      { line: "mreg why risk:v1 --format json", does: "why version 1 is where it is" },
    ]);
  },
};

async function why_(context: Context, name: string, options: WhyOptions): Promise<Outcome<WhyResult>> {
  const policy = await openPolicy(context, options);
  const { explainServing, explainVersion, parseVersionTag, recordTime } = await import("../../lifecycle/index.ts");
  const { fromContentDigest } = await import("../../evidence/index.ts");
  return withModel(context, name, options, async ({ reference, repository }) => {
    const { signal } = context;
    const chain = await readHistory(context, repository, policy, options);
    const version = reference.tag === undefined ? undefined : parseVersionTag(reference.tag);
    const one = version === undefined ? undefined : await explainVersion(repository, chain, version, { signal });
    const found = reference.tag === undefined ? await explainServing(repository, chain, { signal }) : one ? [one] : [];
    if (found.length === 0) throw nothing(chain, reference.tag);
    const answers = found.map((answer) => ({
      ...view(answer, {
        digest: (digest) => fromContentDigest(digest),
        time: (link) => viewRecordTime(recordTime(link, policy)),
      }),
      reference: pin(reference, answer),
    }));
    const head = chain.links.at(-1);
    const result: WhyResult = {
      ...{ kind: "why", schemaVersion: 1, name: repository.name, answers },
      openBreakGlass: (chain.state.openBreakGlass ?? []).map(({ facts, version: number }) => ({
        version: `v${number}`,
        ...facts,
      })),
      ...(head
        ? {
            head: { sequence: head.sequence, digest: head.bundle.digest, recordedAt: head.record.recordedAt },
          }
        : {}),
    };
    const holds = answers.every(({ judged }) => judged.every(({ allowed }) => allowed));
    return holds ? { result } : { result, exitCode: exitCodes.verification };
  });
}

function nothing({ model, policy }: Chain, tag: string | undefined): StoreError {
  const what =
    tag === undefined ? `${policy.liveState} serves no version of ${model}` : `no record speaks of ${model}:${tag}`;
  return new StoreError("NOT_FOUND", what);
}

/** What takes modules that are loaded when they are needed. */
interface Views {
  readonly digest: (digest: ChainLink["record"]["verdict"]) => string;
  readonly time: (link: ChainLink) => RecordTimeView;
}

function view(answer: Explanation, views: Views): Omit<WhyResult["answers"][number], "reference"> {
  const { current, digest, judged, records, since, slot, state, version, weight } = answer;
  return {
    ...{ version: `v${version}`, digest, state, since },
    ...(slot === undefined ? {} : { slot }),
    ...(weight === undefined ? {} : { weight }),
    ...(current.sunset === undefined ? {} : { sunset: current.sunset }),
    ...(current.hold ? { heldSince: current.hold.record.recordedAt } : {}),
    judged: judged.map((record) => viewJudged(record, views)),
    history: records.map((link) => viewRecord(link, views)),
  };
}

function viewJudged({ decision, link, policyChanged }: JudgedRecord, views: Views) {
  const { policy, verdict } = link.record;
  const statements = decision.gates.flatMap(({ evidence, gate }) => evidence.map((one) => ({ gate, ...one })));
  return {
    record: viewRecord(link, views),
    policy: { name: policy.name, version: policy.version, digest: views.digest(policy.digest), changed: policyChanged },
    allowed: decision.allowed,
    gates: decision.gates.map(({ code, gate, passed, reason }) => ({ gate, code, passed, reason })),
    evidence: statements.filter(({ gate }) => gate !== "approvals"),
    approvals: statements.filter(({ gate }) => gate === "approvals").map(({ gate: _gate, ...rest }) => rest),
    verdict: views.digest(verdict),
  };
}

function viewRecord(link: ChainLink, { time }: Views) {
  const { bundle, record, sequence, signer } = link;
  const { from, kind, reason, recordedAt, to } = record;
  return {
    ...{ sequence, digest: bundle.digest, transition: kind, from, to, recordedAt, time: time(link) },
    person: signer.person,
    ...(reason === undefined ? {} : { reason }),
  };
}
