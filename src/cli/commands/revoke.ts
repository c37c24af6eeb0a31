import type { CommandModule } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addMoveOptions, type MoveOptions, move, renderMove } from "./move.ts";

interface RevokeOptions extends MoveOptions {
  readonly reason: string;
  readonly compromisedSince?: string;
}

export const command: CommandModule = {
  define(program, act) {
    const revoke = program
      .command("revoke <ref>")
      .description("take a version out of use for good: pull and resolve refuse it from then on")
      .requiredOption("--reason <text>", "why")
      .option("--compromised-since <time>", "since when it is not to be believed, RFC 3339")
      .action((ref: string, options: RevokeOptions) =>
        act(renderMove, (context) =>
          move(context, ref, options, () => {
            const { compromisedSince, reason } = options;
            const circumstances = { reason, ...(compromisedSince === undefined ? {} : { compromisedSince }) };
            return { kind: "revoke", circumstances };
          }),
        ),
      );
    addMoveOptions(revoke);
    addExamples(revoke, [
      { line: 'mreg revoke risk:v1 --reason "trained on data we must not use" --key mike.key', does: "nobody gets it" },
      {
        line: 'mreg revoke risk:v1 --reason "poisoned data" --compromised-since 2026-09-01T00:00:00Z --key lea.key',
        does: "the same, with the time since when it is not to be believed",
      },
    ]);
  },
};
