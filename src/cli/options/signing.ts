import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import type { PublicKey, Signer } from "../../trust/index.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";

/** Longest key file read; a 4096-bit RSA key in PEM has 3 KiB. */
const keyLimitBytes = 64 * 1024;

export interface SigningOptions {
  readonly key?: string;
}

/** Adds `--key`, the private key to sign with. */
export function addSigningOptions(command: Command): Command {
  return command.addOption(
    new Option(
      "--key <file>",
      "private key to sign with, password in COSIGN_PASSWORD; default: signing.key of mreg.yaml",
    ),
  );
}

/** Opens the private key of `--key` or `mreg.yaml`. */
export async function openSigner(context: Context, options: SigningOptions): Promise<Signer> {
  const path = options.key ?? context.config.signing?.key;
  if (path === undefined)
    throw new UsageError("no key to sign with, expected --key <file> or signing.key in mreg.yaml");
  const { loadSigner } = await import("../../trust/index.ts");
  return loadSigner(await readKey(path), () => keyPassword(context, path));
}

/** Who asks, when a key says so; a question needs no signature, so only the public half matters. */
export async function readActor(context: Context, options: SigningOptions): Promise<PublicKey["identity"] | undefined> {
  if (options.key === undefined) return undefined;
  return (await openSigner(context, options)).publicKey.identity;
}

/** Reads a public key in PEM. */
export async function readPublicKey(path: string): Promise<PublicKey> {
  const { parsePublicKey } = await import("../../trust/index.ts");
  return parsePublicKey(await readKey(path));
}

/** Reads a key file, private or public. */
export async function readKey(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new UsageError(`cannot read key ${path}: ${cause.message}`, { cause });
  });
  if (bytes.byteLength > keyLimitBytes)
    throw new UsageError(`${path} has ${bytes.byteLength} bytes, expected a key of at most ${keyLimitBytes}`);
  return bytes.toString("utf8");
}

/** COSIGN_PASSWORD, even when it is empty, as cosign has it; else the terminal. */
async function keyPassword(context: Context, path: string): Promise<string> {
  const password = context.env["COSIGN_PASSWORD"] ?? (await context.prompt(`Password for ${path}: `, { hidden: true }));
  if (password !== undefined) return password;
  throw new UsageError(
    `${path} is encrypted and there is no terminal to ask on, expected its password in COSIGN_PASSWORD`,
  );
}
