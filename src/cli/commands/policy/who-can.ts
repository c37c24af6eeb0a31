import type { Command } from "commander";
import type { Act, Context, Outcome } from "../../context.ts";
import { addExamples } from "../../options/examples.ts";
import { addRegistryOptions, type RegistryOptions } from "../../options/registry.ts";
import type { Paint } from "../../render/paint.ts";
import { safe } from "../../render/text.ts";
import type { PolicyWhoCanResult } from "../../results/policy.ts";
import { explainedMoves } from "./explain.ts";

interface WhoCanOptions extends RegistryOptions {
  readonly policy?: string;
}

export function defineWhoCan(policy: Command, act: Act): void {
  const whoCan = policy
    .command("who-can <move>")
    .description("the persons who may ask for a move, approve it, or sign what it takes; a move is `to` or `from..to`")
    .option("--policy <file>", "policy; default: that of the project")
    .action((move: string, options: WhoCanOptions) => act(render, (context) => whoCan_(context, move, options)));
  addRegistryOptions(whoCan);
  addExamples(whoCan, [
    { line: "mreg policy who-can staging..production", does: "who asks, who approves, whose evidence counts" },
    { line: "mreg policy who-can retired --format json", does: "the same of every move to retired, as JSON" },
  ]);
}

async function whoCan_(context: Context, move: string, options: WhoCanOptions): Promise<Outcome<PolicyWhoCanResult>> {
  const { moves } = await explainedMoves(context, move, options);
  return {
    result: {
      ...{ kind: "policy-who-can", schemaVersion: 1 },
      moves: moves.map(({ from, to, kind, demands, requesters, approvals }) => ({
        ...{ from, to, transition: kind, requesters: [...requesters] },
        approvals: approvals.map(({ text, who }) => ({ text, who: [...who] })),
        evidence: demands.flatMap(({ gate, who }) => (who.length > 0 ? [{ gate, who: [...who] }] : [])),
      })),
    },
  };
}

function render({ moves }: PolicyWhoCanResult, paint: Paint): string {
  const names = (who: readonly string[]): string => safe(who.join(", ") || "nobody in this policy");
  return moves
    .map(({ from, to, transition, requesters, approvals, evidence }) =>
      [
        paint.strong(`${safe(from)} → ${safe(to)}${transition === "promote" ? "" : ` (${transition})`}`),
        `  may ask      ${names(requesters)}`,
        ...approvals.map(({ text, who }) => `  may approve  ${names(who)}: ${safe(text)}`),
        ...evidence.map(({ gate, who }) => `  may sign     ${safe(gate)}: ${names(who)}`),
      ].join("\n"),
    )
    .join("\n\n");
}
