import { Option } from "commander";
import { timestamp } from "../../base/clock.ts";
import { type EvidenceKind, evidenceKinds } from "../../evidence/evidence-input.ts";
import type { EvidenceDraft, EvidenceSource } from "../../evidence/index.ts";
import { documentRoles } from "../../evidence/predicate-words.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { addEvaluationOptions, type EvaluationOptions, evaluationInput } from "../options/evaluation.ts";
import { readEvidenceFiles } from "../options/evidence-files.ts";
import { addExamples } from "../options/examples.ts";
import {
  addLineageOptions,
  collectLineage,
  type LineageOptions,
  requireLineage,
  saysLineage,
} from "../options/lineage.ts";
import { addPolicyOptions, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { addSigningOptions, openSigner, type SigningOptions } from "../options/signing.ts";
import { type OpenedTarget, withTarget } from "../options/target.ts";
import { safe } from "../render/text.ts";
import type { AttachResult } from "../results/attach.ts";

export interface AttachOptions
  extends RegistryOptions,
    SigningOptions,
    PolicyOptions,
    EvaluationOptions,
    LineageOptions {
  readonly type: EvidenceKind;
  readonly role?: (typeof documentRoles)[number];
  readonly observedAt?: string;
}

export const command: CommandModule = {
  define(program, act) {
    const attach = program
      .command("attach <ref> [file...]")
      .description("attach evidence: the files as they are, and a signed statement about them")
      .addOption(
        new Option(
          "--type <type>",
          "what the files are; without files, scan scans the weights, and lineage is collected",
        )
          .choices(evidenceKinds)
          .makeOptionMandatory(),
      )
      .addOption(new Option("--role <role>", "what a document is for").choices(documentRoles))
      .option("--observed-at <time>", "when it was observed, RFC 3339 or now, for reports that do not say so")
      .action((ref: string, files: string[], options: AttachOptions) =>
        act(render, (context) => attach_(context, { ref, files, options })),
      );
    addPolicyOptions(addSigningOptions(addRegistryOptions(addLineageOptions(addEvaluationOptions(attach)))));
    addExamples(attach, [
      {
        line: "mreg attach risk:v1 --type card model/README.md --key alice.key",
        does: "attach a Hugging Face model card",
      },
      {
        line: "mreg attach risk:v1 --type eval metrics.csv --suite loans@2026Q4 --observed-at 2026-10-01T12:00:00Z --map task==loans --map value:auc=AUC --key alice.key",
        does: "attach the numbers of a file that no tool defines",
      },
      {
        line: "mreg attach risk:v1 --type monitoring drift.json --observed-at 2026-10-08T06:00:00Z --key alice.key",
        does: "attach a monitoring report, its limits computed again",
      },
      { line: "mreg attach risk:v1 --type scan --key alice.key", does: "read every weight file, attach the verdict" },
    ]);
  },
};

interface AttachRequest {
  readonly ref: string;
  readonly files: readonly string[];
  readonly options: AttachOptions;
}

async function attach_(context: Context, { ref, files, options }: AttachRequest): Promise<Outcome<AttachResult>> {
  const signer = await openSigner(context, options);
  const inputs = await readEvidenceFiles(context, files, options.type);
  return withTarget(context, ref, options, async (target) => {
    const { descriptor, pinned, repository } = target;
    const draft = await makeDraft(context, target, inputs, options);
    const { attachEvidence } = await import("../../evidence/index.ts");
    const { clock, signal } = context;
    const attached = await attachEvidence(repository, descriptor, draft, {
      name: repository.name,
      signer,
      clock,
      signal,
    });
    const result: AttachResult = {
      kind: "attach",
      schemaVersion: 1,
      reference: pinned,
      digest: descriptor.digest,
      type: options.type,
      predicateType: draft.predicateType,
      statement: attached.statement.digest,
      ...(attached.files ? { files: attached.files.digest } : {}),
    };
    return { result };
  });
}

async function makeDraft(
  context: Context,
  { descriptor, repository }: OpenedTarget,
  files: readonly EvidenceSource[],
  options: AttachOptions,
): Promise<EvidenceDraft> {
  const { type, role, observedAt } = options;
  const now = context.clock();
  const { draftEvidence, scanWeights } = await import("../../evidence/index.ts");
  if (files.length > 0) {
    if (saysLineage(options))
      throw new UsageError(
        "a file says by itself where a model comes from, expected no --run, --commit, --trained-on or --base-model with it",
      );
    return draftEvidence(type, {
      files: [...files],
      now,
      subject: descriptor.digest,
      ...(observedAt === undefined ? {} : { observedAt: observedAt === "now" ? timestamp(now) : observedAt }),
      ...(role ? { role } : {}),
      ...evaluationInput(options),
    });
  }
  if (type === "lineage") return requireLineage(await collectLineage(context, { paths: [], options }));
  if (type !== "scan") throw new UsageError(`--type ${type} needs a file`);
  const { readModel } = await import("../../model/index.ts");
  const { signal } = context;
  return scanWeights(repository, await readModel(repository, descriptor, { signal }), { now, signal });
}

const render = (result: AttachResult): string =>
  [
    `attached ${result.type} (${result.predicateType})`,
    `statement ${result.statement}`,
    ...(result.files ? [`files     ${result.files}`] : []),
    safe(result.reference),
  ].join("\n");
