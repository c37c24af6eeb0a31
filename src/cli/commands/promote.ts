import { isMregError } from "../../base/errors.ts";
import type { LifecycleError } from "../../lifecycle/index.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { addSigningOptions, openSigner, type SigningOptions } from "../options/signing.ts";
import { withTarget } from "../options/target.ts";
import { renderDecision, viewDecision } from "../render/decision.ts";
import type { Paint } from "../render/paint.ts";
import { safe } from "../render/text.ts";
import type { PromoteResult } from "../results/promote.ts";
import { packageVersion } from "../version.ts";

export interface PromoteOptions extends RegistryOptions, SigningOptions, PolicyOptions {
  readonly to: string;
  readonly sunset?: string;
}

export const command: CommandModule = {
  define(program, act) {
    const promote = program
      .command("promote <ref>")
      .description("move a version to another state, if every gate passes; exit 3 and nothing written otherwise")
      .requiredOption("--to <state>", "state to move to")
      .option("--sunset <duration>", "when retiring: how long it is still served, such as 90d")
      .action((ref: string, options: PromoteOptions) => act(render, (context) => promote_(context, ref, options)));
    addPolicyOptions(addSigningOptions(addRegistryOptions(promote)));
    addExamples(promote, [
      { line: "mreg promote risk:v1 --to staging --key mike.key", does: "move version 1 to staging, signed by Mike" },
      {
        line: "mreg promote risk:v1 --to staging --key mike.key --format json",
        does: "the same, with record and tags as JSON",
      },
    ]);
  },
};

async function promote_(context: Context, ref: string, options: PromoteOptions): Promise<Outcome<PromoteResult>> {
  const policy = await openPolicy(context, options);
  const signer = await openSigner(context, options);
  const { promote } = await import("../../lifecycle/index.ts");
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository, version }) => {
    const { clock, signal } = context;
    const { to, sunset } = options;
    const heading = { kind: "promote", schemaVersion: 1, reference: pinned } as const;
    try {
      const { conflicts, decision, outcome, record } = await promote(repository, {
        ...{ policy, target: descriptor, to, signer, clock, signal, ...version },
        tool: `mreg/${packageVersion()}`,
        ...(sunset ? { sunset } : {}),
        ...ciRun(context.env),
      });
      for (const { tag } of conflicts) context.note(`tag ${tag} is taken by something else; see \`mreg status\``);
      return {
        result: {
          ...heading,
          outcome: outcome === "done" ? "promoted" : "present",
          decision: viewDecision(decision),
          record: { ...record, tags: [...record.tags] },
        },
      };
    } catch (error) {
      const decision = denialOf(error);
      if (!decision) throw error;
      return {
        result: { ...heading, outcome: "denied", decision: viewDecision(decision) },
        exitCode: exitCodes.denied,
      };
    }
  });
}

/** Where the pipeline run that promotes can be looked at, if there is one: GitHub Actions, GitLab. */
function ciRun(env: NodeJS.ProcessEnv): { readonly ci?: { readonly runUri: string } } {
  const { CI_JOB_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_SERVER_URL } = env;
  const github = GITHUB_SERVER_URL && GITHUB_REPOSITORY && GITHUB_RUN_ID;
  const runUri = github ? `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}` : CI_JOB_URL;
  return runUri && URL.canParse(runUri) ? { ci: { runUri } } : {};
}

function denialOf(error: unknown): LifecycleError["decision"] {
  return isMregError(error) && error.code === "GATE_DENIED" ? (error as LifecycleError).decision : undefined;
}

function render({ decision, outcome, record, reference }: PromoteResult, paint: Paint): string {
  if (!record) return renderDecision(decision, paint, "Nothing was written.");
  const written = `${outcome === "present" ? "It was there already: record" : "Record"} ${record.sequence} is ${record.digest}; tags ${record.tags.join(", ")}.`;
  return `${renderDecision(decision, paint, written)}\n${safe(reference)}`;
}
