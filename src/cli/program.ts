import { Command, CommanderError } from "commander";
import { type CatalogEntry, catalog } from "./catalog.ts";
import type { Act } from "./context.ts";
import { exitCodes } from "./exit-code.ts";
import type { Host } from "./host.ts";
import { type GlobalOptions, runCommand } from "./run-command.ts";
import { packageVersion } from "./version.ts";

/**
 * The program: parses the command line, runs one command, sets the exit code.
 *
 * Only the command that is called is loaded, and commands load their floors only when they work.
 *
 * @param argv - arguments after the program's name.
 * @param signal - ends the command; what it has done already is kept.
 */
export async function runProgram(argv: readonly string[], host: Host, signal: AbortSignal): Promise<void> {
  const program = createProgram(host);
  const act: Act = (render, run) => runCommand({ render, run, host, options: program.opts<GlobalOptions>(), signal });
  try {
    await defineCommands(program, argv, act);
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    host.exitCode = await endOf(error, program.opts<GlobalOptions>(), host);
  }
}

function createProgram(host: Host): Command {
  return new Command("mreg")
    .description("A governed model registry on any OCI registry.")
    .version(packageVersion(), "--version", "print the version")
    .option("--format <format>", "text or json", "text")
    .option("-q, --quiet", "no progress and no notes")
    .option("--debug", "print the causes of an error")
    .option(
      "--registry <location>",
      "registry host and path, or oci:<directory>; default: MREG_REGISTRY, mreg.yaml, the user's own store",
    )
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
    })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .showHelpAfterError("(run with --help for the arguments and two examples)")
    .exitOverride();
}

/**
 * The called command with its flags; without one, all of them by name and summary, for the help and for suggestions.
 */
async function defineCommands(program: Command, argv: readonly string[], act: Act): Promise<void> {
  const called = catalog.find((entry) => argv.includes(entry.name) && isCalled(entry, argv));
  if (called) (await called.load()).command.define(program, act);
  else for (const entry of catalog) program.command(entry.name).description(entry.summary);
}

/** The first argument that is not a global flag or its value, skipping `help`, names the command. */
function isCalled(entry: CatalogEntry, argv: readonly string[]): boolean {
  const valued = new Set(["--format", "--registry"]);
  const words = argv.filter((word, at) => !word.startsWith("-") && !valued.has(argv[at - 1] ?? ""));
  return (words[0] === "help" ? words[1] : words[0]) === entry.name;
}

/** Says what went wrong, once, and with which exit code the program ends. */
async function endOf(error: unknown, options: GlobalOptions, host: Host): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const { reportError } = await import("./report-error.ts");
  return reportError(error, {
    format: options.format ?? "text",
    debug: options.debug === true,
    write: (text) => host.stderr.write(text),
  });
}
