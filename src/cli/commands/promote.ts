import type { CommandModule } from "../context.ts";
import { addServingOptions, type CircumstanceOptions, circumstancesOf } from "../options/circumstances.ts";
import { addExamples } from "../options/examples.ts";
import { addMoveOptions, type MoveOptions, move, renderMove } from "./move.ts";

export interface PromoteOptions extends MoveOptions, CircumstanceOptions {
  readonly to: string;
}

export const command: CommandModule = {
  define(program, act) {
    const promote = program
      .command("promote <ref>")
      .description("move a version to another state, if every gate passes; exit 3 and nothing written otherwise")
      .requiredOption("--to <state>", "state to move to")
      .option("--sunset <duration>", "when retiring: how long it is still served, such as 90d")
      .action((ref: string, options: PromoteOptions) =>
        act(renderMove, (context) =>
          move(context, ref, options, () => ({ to: options.to, ...circumstancesOf(options) })),
        ),
      );
    addMoveOptions(addServingOptions(promote));
    addExamples(promote, [
      { line: "mreg promote risk:v1 --to staging --key mike.key", does: "move version 1 to staging, signed by Mike" },
      {
        line: "mreg promote risk:v1 --to staging --key mike.key --format json",
        does: "the same, with record and tags as JSON",
      },
    ]);
  },
};
