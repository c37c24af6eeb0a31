import type { Command } from "commander";
import type { Act, Context, Outcome } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { addExamples } from "../../options/examples.ts";
import { readPolicyText, textsOf } from "../../options/policy-text.ts";
import { addRegistryOptions, type RegistryOptions } from "../../options/registry.ts";
import type { Paint } from "../../render/paint.ts";
import { safe } from "../../render/text.ts";
import type { PolicyExplainResult } from "../../results/policy.ts";

interface ExplainOptions extends RegistryOptions {
  readonly policy?: string;
}

export function defineExplain(policy: Command, act: Act): void {
  const explain = policy
    .command("explain [move]")
    .description("what each move demands and who can meet it, in plain words; a move is `to` or `from..to`")
    .option("--policy <file>", "policy; default: that of the project")
    .action((move: string | undefined, options: ExplainOptions) =>
      act(render, (context) => explain_(context, move, options)),
    );
  addRegistryOptions(explain);
  addExamples(explain, [
    { line: "mreg policy explain staging..production", does: "one move on one screen" },
    { line: "mreg policy explain --format json", does: "all of them, as JSON" },
  ]);
}

async function explain_(
  context: Context,
  move: string | undefined,
  options: ExplainOptions,
): Promise<Outcome<PolicyExplainResult>> {
  const { moves, policy } = await explainedMoves(context, move, options);
  const { name, version, digest, weakened } = policy;
  return {
    result: {
      ...{ kind: "policy-explain", schemaVersion: 1, policy: { name, version, digest }, weakened: [...weakened] },
      moves: moves.map(({ from, to, kind, demands, requesters, approvals }) => ({
        ...{ from, to, transition: kind, requesters: [...requesters] },
        demands: demands.map(({ origin, ...demand }) => ({ ...demand, who: [...demand.who], ...copied(origin) })),
        approvals: approvals.map(({ origin, text, who }) => ({ text, who: [...who], ...copied(origin) })),
      })),
    },
  };
}

const copied = (origin: readonly string[] | undefined) => (origin ? { origin: [...origin] } : {});

/** The moves that a word on the command line means; all of them without one. */
export async function explainedMoves(context: Context, move: string | undefined, options: ExplainOptions) {
  const { yaml, bases } = await readPolicyText(context, options);
  const { parsePolicy } = await import("../../../lifecycle/policy/parse.ts");
  const { explainPolicy } = await import("../../../lifecycle/policy/explain.ts");
  const { withOrigins } = await import("../../../lifecycle/policy/origins.ts");
  const texts = textsOf(bases);
  const policy = parsePolicy(yaml, { bases: texts });
  const all = withOrigins(explainPolicy(policy, context.clock()), [yaml, ...texts]);
  const moves = all.filter(({ from, to }) => move === undefined || move === to || move === `${from}..${to}`);
  if (moves.length > 0) return { moves, policy };
  const known = all.map(({ from, to }) => `${from}..${to}`);
  throw new UsageError(`the policy has no move ${move}, expected one of: ${[...new Set(known)].join(", ")}`);
}

function render({ policy, weakened, moves }: PolicyExplainResult, paint: Paint): string {
  const head = `policy ${safe(policy.name)}@${policy.version}`;
  const warnings = weakened.map((text) => `! weakened: ${safe(text)}`);
  return [[head, ...warnings].join("\n"), ...moves.map((move) => renderMove(move, paint))].join("\n\n");
}

function renderMove(move: PolicyExplainResult["moves"][number], paint: Paint): string {
  const kind = move.transition === "promote" ? "" : ` (${move.transition})`;
  const people = (who: readonly string[]): string =>
    who.length > 0 ? `  ${paint.dim(`[${safe(who.join(", "))}]`)}` : "";
  const from = ([first, ...others]: readonly string[] = []): string => {
    if (first === undefined) return "";
    const more = others.length > 0 ? `, tightened by ${others.join(", ")}` : "";
    return `  ${paint.dim(`from ${safe(first + more)}`)}`;
  };
  const width = Math.max(0, ...move.demands.map(({ gate }) => gate.length));
  return [
    paint.strong(`${safe(move.from)} → ${safe(move.to)}${kind}`),
    ...move.demands.map(({ gate, text, who, mode, origin }) => {
      const note = mode === undefined ? "" : ` (${mode})`;
      return `  ${safe(gate.padEnd(width))}  ${safe(text)}${note}${people(who)}${from(origin)}`;
    }),
    ...move.approvals.map(({ text, who, origin }) => `  approved by ${safe(text)}${people(who)}${from(origin)}`),
    `  carried out by ${safe(move.requesters.join(", ") || "nobody in this policy")}`,
  ].join("\n");
}
