import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { keyFileLimitBytes } from "../../trust/limits.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";

/** Reads the PEM of a key, private or public, from a file, `env://NAME`, or `-` for stdin. */
export async function readKey(context: Context, text: string): Promise<string> {
  if (text === "-") return context.readStdin();
  const [, name] = /^env:\/\/(.+)$/.exec(text) ?? [];
  if (name === undefined) return readKeyFile(resolve(context.cwd, text));
  const value = context.env[name];
  if (value !== undefined && value !== "") return value;
  throw new UsageError(`${text}: the environment has no ${name}, expected a key in PEM in it`);
}

async function readKeyFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new UsageError(`cannot read key ${path}: ${cause.message}`, { cause });
  });
  if (bytes.byteLength > keyFileLimitBytes) {
    throw new UsageError(`${path} has ${bytes.byteLength} bytes, expected a key of at most ${keyFileLimitBytes}`);
  }
  return bytes.toString("utf8");
}
