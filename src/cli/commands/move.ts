import type { Command } from "commander";
import { isMregError } from "../../base/errors.ts";
import type { LifecycleError, PromoteRequest } from "../../lifecycle/index.ts";
import type { Context, Outcome } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { openHeads } from "../options/heads.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import {
  addReportOptions,
  checkReports,
  decisionExitCode,
  type ReportOptions,
  writeReports,
} from "../options/reports.ts";
import { addSigningOptions, openSigner, type SigningOptions } from "../options/signing.ts";
import { type OpenedTarget, withTarget } from "../options/target.ts";
import { renderDecision, viewDecision } from "../render/decision.ts";
import type { Paint } from "../render/paint.ts";
import { safe } from "../render/text.ts";
import type { PromoteResult } from "../results/promote.ts";
import { packageVersion } from "../version.ts";

export interface MoveOptions extends RegistryOptions, SigningOptions, PolicyOptions, ReportOptions {}

/** Adds what every move takes: where, who, by which policy, and what to report. */
export function addMoveOptions(command: Command): Command {
  return addReportOptions(addPolicyOptions(addSigningOptions(addRegistryOptions(command))));
}

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
  checkReports(options);
  const policy = await openPolicy(context, options);
  const signer = await openSigner(context, options);
  const { promote } = await import("../../lifecycle/index.ts");
  const refuseWarnings = options.failOnWarn === true;
  return withTarget(context, ref, options, async (target) => {
    const { clock, env, signal } = context;
    const heading = { kind: "promote", schemaVersion: 1, reference: target.pinned } as const;
    const ending = async (result: PromoteResult): Promise<Outcome<PromoteResult>> => {
      await writeReports(context, options, result.decision);
      return { result, exitCode: decisionExitCode(options, result.decision) };
    };
    try {
      const { conflicts, decision, outcome, record } = await promote(target.repository, {
        ...{ policy, target: target.descriptor, signer, clock, signal, ...target.version },
        ...(await moveOf(target)),
        ...{ tool: `mreg/${packageVersion()}`, heads: await openHeads(env), ...ciRun(env), refuseWarnings },
      });
      for (const { tag } of conflicts) context.note(`tag ${tag} is taken by something else; see \`mreg status\``);
      const made = await ending({
        ...heading,
        outcome: outcome === "done" ? "promoted" : "present",
        decision: viewDecision(decision),
        record: { ...record, tags: [...record.tags] },
      });
      // It is where it should be: running a command twice is harmless, also when the policy has changed since.
      return { ...made, exitCode: exitCodes.done };
    } catch (error) {
      const decision = denialOf(error);
      if (!decision) throw error;
      const outcome = decision.allowed ? "withheld" : "denied";
      return ending({ ...heading, outcome, decision: viewDecision(decision) });
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

function nothingWritten(outcome: PromoteResult["outcome"]): string {
  return outcome === "withheld"
    ? "Something only warns, and --fail-on-warn: nothing was written."
    : "Nothing was written.";
}

export function renderMove({ decision, outcome, record, reference }: PromoteResult, paint: Paint): string {
  if (!record) return renderDecision(decision, paint, nothingWritten(outcome));
  const written = `${outcome === "present" ? "It was there already: record" : "Record"} ${record.sequence} is ${record.digest}; tags ${record.tags.join(", ")}.`;
  return `${renderDecision(decision, paint, written)}\n${safe(reference)}`;
}
