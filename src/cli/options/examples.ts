import type { Command } from "commander";

/** One example of a help page; a test runs every one. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

/** Adds the examples that every help page ends with. */
export function addExamples(command: Command, examples: readonly [Example, Example, ...Example[]]): Command {
  const lines = examples.map(({ line, does }) => `  $ ${line}\n      ${does}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}
