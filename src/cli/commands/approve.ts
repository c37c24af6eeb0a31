import { Option } from "commander";
import type { TransitionKind } from "../../lifecycle/index.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { openHeads } from "../options/heads.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { addSigningOptions, openSigner, type SigningOptions } from "../options/signing.ts";
import { withTarget } from "../options/target.ts";
import { safe } from "../render/text.ts";
import type { ApproveResult } from "../results/approve.ts";

const kinds = ["rollback", "assign", "break-glass", "follow-up", "hold", "release"] satisfies TransitionKind[];

export interface ApproveOptions extends RegistryOptions, SigningOptions, PolicyOptions {
  readonly to: string;
  readonly comment?: string;
  readonly kind?: TransitionKind;
}

export const command: CommandModule = {
  define(program, act) {
    const approve = program
      .command("approve <ref>")
      .description("sign an approval, bound to this digest, transition, policy, evidence and history")
      .requiredOption("--to <state>", "state to move to")
      .addOption(new Option("--kind <kind>", "a move that the state alone does not name").choices(kinds))
      .option("--comment <text>", "why")
      .action((ref: string, options: ApproveOptions) => act(render, (context) => approve_(context, ref, options)));
    addPolicyOptions(addSigningOptions(addRegistryOptions(approve)));
    addExamples(approve, [
      { line: "mreg approve risk:v1 --to production --key lea.key", does: "Lea approves; Mike can promote" },
      {
        line: 'mreg approve risk:v1 --to production --key lea.key --comment "reviewed the canary"',
        does: "the same, with a reason",
      },
    ]);
  },
};

async function approve_(context: Context, ref: string, options: ApproveOptions): Promise<Outcome<ApproveResult>> {
  const policy = await openPolicy(context, options);
  const signer = await openSigner(context, options);
  const { approve } = await import("../../lifecycle/index.ts");
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository, version }) => {
    const { clock, signal } = context;
    const { to, comment, kind } = options;
    const request = {
      policy,
      target: descriptor,
      to,
      signer,
      clock,
      signal,
      ...version,
      heads: await openHeads(context.env),
      ...(kind ? { kind } : {}),
      ...(comment ? { comment } : {}),
    };
    const approval = await approve(repository, request);
    const result: ApproveResult = {
      kind: "approve",
      schemaVersion: 1,
      reference: pinned,
      digest: descriptor.digest,
      from: approval.from,
      to,
      approval: approval.bundle.digest,
      expiresAt: approval.expiresAt,
    };
    return { result };
  });
}

const render = (result: ApproveResult): string =>
  [
    `approved ${safe(result.from)} → ${safe(result.to)}, until ${result.expiresAt}`,
    `approval ${result.approval}`,
    safe(result.reference),
  ].join("\n");
