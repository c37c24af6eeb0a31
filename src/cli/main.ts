import { packageVersion } from "./version.ts";

/**
 * Where the program begins: answers `--version` itself, as fast as Node starts, and leaves the rest to the program.
 *
 * @param argv - arguments after the program's name.
 */
export async function main(argv: readonly string[]): Promise<void> {
  if (argv.length === 1 && argv[0] === "--version") {
    process.stdout.write(`${packageVersion()}\n`);
    return;
  }
  const { runProgram } = await import("./program.ts");
  await runProgram(argv);
}
