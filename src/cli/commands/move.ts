import { isMregError } from "../../base/errors.ts";
import type { LifecycleError, PromoteRequest } from "../../lifecycle/index.ts";
import type { Context, Outcome } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { openHeads } from "../options/heads.ts";
import { openPolicy, type PolicyOptions } from "../options/policy.ts";
import type { RegistryOptions } from "../options/registry.ts";
import { openSigner, type SigningOptions } from "../options/signing.ts";
import { type OpenedTarget, withTarget } from "../options/target.ts";
import { renderDecision, viewDecision } from "../render/decision.ts";
import type { Paint } from "../render/paint.ts";
import { safe } from "../render/text.ts";
import type { PromoteResult } from "../results/promote.ts";
import { packageVersion } from "../version.ts";

export interface MoveOptions extends RegistryOptions, SigningOptions, PolicyOptions {}

/** Which move, and what the request says of itself. */
export type Move = Pick<PromoteRequest, "circumstances" | "kind" | "sunset" | "to">;

/** A move as asked for, or made out of the opened target first. */
export type MoveOf = (target: OpenedTarget) => Promise<Move> | Move;

/** Carries out one move: decides, and writes record and tags, or says what is missing. */
export async function move(
  context: Context,
  ref: string,
  options: MoveOptions,
  moveOf: MoveOf,
): Promise<Outcome<PromoteResult>> {
  const policy = await openPolicy(context, options);
  const signer = await openSigner(context, options);
  const { promote } = await import("../../lifecycle/index.ts");
  return withTarget(context, ref, options, async (target) => {
    const { clock, env, signal } = context;
    const heading = { kind: "promote", schemaVersion: 1, reference: target.pinned } as const;
    try {
      const { conflicts, decision, outcome, record } = await promote(target.repository, {
        ...{ policy, target: target.descriptor, signer, clock, signal, ...target.version },
        ...(await moveOf(target)),
        ...{ tool: `mreg/${packageVersion()}`, heads: await openHeads(env), ...ciRun(env) },
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

export function renderMove({ decision, outcome, record, reference }: PromoteResult, paint: Paint): string {
  if (!record) return renderDecision(decision, paint, "Nothing was written.");
  const written = `${outcome === "present" ? "It was there already: record" : "Record"} ${record.sequence} is ${record.digest}; tags ${record.tags.join(", ")}.`;
  return `${renderDecision(decision, paint, written)}\n${safe(reference)}`;
}
