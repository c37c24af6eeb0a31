import { type Command, Option } from "commander";
import type { PublicKey, Signer } from "../../trust/index.ts";
import { parseKmsReference } from "../../trust/kms/reference.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { readKey } from "./key-reference.ts";
import { addKeylessOptions, isKeyless, type KeylessOptions, openKeylessSigner, withAskedWitnesses } from "./keyless.ts";
import { openKmsSigner } from "./kms.ts";

export interface SigningOptions extends KeylessOptions {
  readonly key?: string;
}

/** Adds `--key`, the private key to sign with, and the flags for signing without one. */
export function addSigningOptions(command: Command): Command {
  return addKeylessOptions(
    command.addOption(
      new Option(
        "--key <key>",
        "private key to sign with: a file, env://NAME, - for stdin, or in a KMS: hashivault://KEY, <plugin>://KEY; password in COSIGN_PASSWORD; default: signing.key of mreg.yaml",
      ),
    ),
  );
}

/** Opens the private key of `--key` or `mreg.yaml`, or gets a certificate where the flags say so. */
export async function openSigner(context: Context, options: SigningOptions): Promise<Signer> {
  if (isKeyless(options)) {
    if (options.key !== undefined) throw new UsageError("--key and signing with a certificate exclude each other");
    return openKeylessSigner(context, options);
  }
  const path = options.key ?? context.config.signing?.key;
  if (path === undefined) {
    throw new UsageError("nothing to sign with, expected --key <key>, signing.key in mreg.yaml, or --keyless");
  }
  const kms = parseKmsReference(path);
  const signer = kms ? await openKmsSigner(context, kms) : await openKeyFile(context, path);
  return withAskedWitnesses(context, options, signer);
}

async function openKeyFile(context: Context, path: string): Promise<Signer> {
  const { loadSigner } = await import("../../trust/index.ts");
  return loadSigner(await readKey(context, path), () => keyPassword(context, path));
}

/**
 * Who asks, when a key says so; a question needs no signature, so only the public half matters.
 *
 * Not by certificate: one would be issued, and published, for no more than a question.
 */
export async function readActor(context: Context, options: SigningOptions): Promise<PublicKey["identity"] | undefined> {
  if (isKeyless(options))
    throw new UsageError("a question is asked with --key or by nobody, and not with a certificate");
  if (options.key === undefined) return undefined;
  return (await openSigner(context, options)).publicKey.identity;
}

/** Reads a public key: PEM in a file, in `env://NAME` or on stdin, or that of a key in a KMS. */
export async function readPublicKey(context: Context, path: string): Promise<PublicKey> {
  const kms = parseKmsReference(path);
  if (kms) return (await openKmsSigner(context, kms)).publicKey;
  const { parsePublicKey } = await import("../../trust/index.ts");
  return parsePublicKey(await readKey(context, path));
}

/** COSIGN_PASSWORD, even when it is empty, as cosign has it; else the terminal. */
async function keyPassword(context: Context, path: string): Promise<string> {
  const password = context.env["COSIGN_PASSWORD"] ?? (await context.prompt(`Password for ${path}: `, { hidden: true }));
  if (password !== undefined) return password;
  throw new UsageError(
    `${path} is encrypted and there is no terminal to ask on, expected its password in COSIGN_PASSWORD`,
  );
}
