import type { Command } from "commander";

/** One example of a help page; a test runs every one. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

const examples = new WeakMap<Command, readonly Example[]>();

/** Adds the examples that every help page ends with: two at least. */
export function addExamples(command: Command, given: readonly [Example, Example, ...Example[]]): Command {
  examples.set(command, given);
  const lines = given.map(({ line, does }) => `  $ ${line}\n      ${does}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** The examples of a command's help page. */
export function examplesOf(command: Command): readonly Example[] {
  return examples.get(command) ?? [];
}
