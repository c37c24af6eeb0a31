import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { UsageError } from "./errors.ts";
import type { Host } from "./host.ts";

/** Longest secret or answer read from stdin. */
const inputLimitCharacters = 64 * 1024;

/** Reads stdin to its end, without the line break that `echo` adds. */
export async function readStdin(stdin: NodeJS.ReadStream): Promise<string> {
  let text = "";
  stdin.setEncoding("utf8");
  for await (const chunk of stdin) {
    text += chunk as string;
    if (text.length > inputLimitCharacters)
      throw new UsageError(`stdin is longer than ${inputLimitCharacters} characters`);
  }
  return text.replace(/\r?\n$/, "");
}

/** Asks on the terminal, without echo when hidden. Undefined where nobody could answer: no terminal, or CI=true. */
export async function prompt(
  question: string,
  { hidden }: { hidden: boolean },
  { env, stdin, stderr }: Host,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (stdin.isTTY !== true || stderr.isTTY !== true || env["CI"] === "true") return undefined;
  let muted = false;
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!muted) stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: stdin, output, terminal: true });
  try {
    const answer = lines.question(question, { signal });
    muted = hidden;
    return await answer;
  } finally {
    lines.close();
    if (hidden) stderr.write("\n");
  }
}
