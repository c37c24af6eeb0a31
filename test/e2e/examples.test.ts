import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalog } from "../../src/cli/catalog.ts";
import { examplesOf } from "../../src/cli/options/examples.ts";
import { projectAt, type Stage } from "../support/cli/project.ts";
import { startRegistry } from "../support/registry/index.ts";

/** How far the project must have come for a command's examples to make sense. */
const stageOf: Readonly<Record<string, Stage>> = {
  "key generate": "files",
  init: "keys",
  "key public": "keys",
  push: "initialised",
  sign: "pushed",
  attach: "pushed",
  check: "evidenced",
  promote: "evidenced",
  approve: "ready",
};

/** Every command with examples, nested ones by their full name. */
async function documented(): Promise<readonly { readonly name: string; readonly lines: readonly string[] }[]> {
  const found: { name: string; lines: string[] }[] = [];
  for (const entry of catalog) {
    const program = new Command();
    (await entry.load()).command.define(program, async () => {});
    const visit = (command: Command, path: string) => {
      const lines = examplesOf(command).map(({ line }) => line);
      if (command.commands.length === 0) found.push({ name: path, lines });
      for (const child of command.commands) visit(child, `${path} ${child.name()}`.trim());
    };
    visit(program, "");
  }
  return found;
}

describe("examples on help pages", async () => {
  const commands = await documented();
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  beforeAll(async () => {
    registry = await startRegistry({ auth: { kind: "basic", username: "alice", password: "secret" } });
  });
  afterAll(() => registry.close());

  it("are there for every command, two at least", () => {
    expect(commands.length).toBeGreaterThanOrEqual(catalog.length);
    expect(commands.filter(({ lines }) => lines.length < 2).map(({ name }) => name)).toEqual([]);
  });

  it.each(commands.flatMap(({ name, lines }) => lines.map((line) => ({ name, line }))))(
    "$line",
    async ({ name, line }) => {
      const project = await projectAt(stageOf[name] ?? "serving");
      try {
        const run = await project.shell(line.replaceAll("127.0.0.1:5000", registry.host));
        expect(run, `${run.stdout}\n${run.stderr}`).toMatchObject({ exitCode: 0 });
      } finally {
        project.remove();
      }
    },
  );
});
