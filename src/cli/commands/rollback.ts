import type { CommandModule } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addMoveOptions, type MoveOptions, move, renderMove } from "./move.ts";

interface RollbackOptions extends MoveOptions {
  readonly reason?: string;
}

export const command: CommandModule = {
  define(program, act) {
    const rollback = program
      .command("rollback <ref>")
      .description("serve a version again that production has served before; a new record, with a rising rollout tag")
      .option("--reason <text>", "why")
      .action((ref: string, options: RollbackOptions) =>
        act(renderMove, (context) =>
          move(context, ref, options, () => ({
            kind: "rollback",
            ...(options.reason === undefined ? {} : { circumstances: { reason: options.reason } }),
          })),
        ),
      );
    addMoveOptions(rollback);
    addExamples(rollback, [
      { line: "mreg rollback risk:v1 --key mike.key", does: "production serves version 1 again" },
      {
        line: 'mreg rollback risk:v1 --key lea.key --reason "v2 times out" --format json',
        does: "the same by Lea, with a reason, as JSON",
      },
    ]);
  },
};
