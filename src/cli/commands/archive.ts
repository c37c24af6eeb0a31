import type { CommandModule } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addMoveOptions, type MoveOptions, move, renderMove } from "./move.ts";

export const command: CommandModule = {
  define(program, act) {
    const archive = program
      .command("archive <ref>")
      .description("end a retired version's service: its sunset is over and nobody uses it; it stays for audits")
      .action((ref: string, options: MoveOptions) =>
        act(renderMove, (context) => move(context, ref, options, () => ({ kind: "archive" }))),
      );
    addMoveOptions(archive);
    addExamples(archive, [
      { line: "mreg archive risk:v1 --key mike.key", does: "after its sunset, with a statement that nobody uses it" },
      { line: "mreg archive risk:v1 --key mike.key --format json", does: "the same, as JSON, for a nightly job" },
    ]);
  },
};
