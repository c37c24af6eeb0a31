import type { CommandModule } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addMoveOptions, type MoveOptions, move, renderMove } from "./move.ts";

interface HoldOptions extends MoveOptions {
  readonly reason: string;
  readonly lift?: boolean;
}

export const command: CommandModule = {
  define(program, act) {
    const hold = program
      .command("hold <ref>")
      .description("legal hold: until it is lifted, the version is neither archived nor pruned")
      .requiredOption("--reason <text>", "why, such as the number of the case")
      .option("--lift", "end the hold")
      .action((ref: string, options: HoldOptions) =>
        act(renderMove, (context) =>
          move(context, ref, options, () => ({
            kind: options.lift ? "release" : "hold",
            circumstances: { reason: options.reason },
          })),
        ),
      );
    addMoveOptions(hold);
    addExamples(hold, [
      { line: 'mreg hold risk:v1 --reason "case 4711" --key olga.key', does: "keep version 1 until it is lifted" },
      {
        line: 'mreg hold risk:v1 --reason "case 4711" --key olga.key && mreg hold risk:v1 --lift --reason "case closed" --key olga.key',
        does: "set it, and lift it",
      },
    ]);
  },
};
