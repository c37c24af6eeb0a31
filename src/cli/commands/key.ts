import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Option } from "commander";
import type { PublicKey } from "../../trust/index.ts";
import { type KeyAlgorithm, keyAlgorithms } from "../../trust/key-algorithm.ts";
import { parseKmsReference } from "../../trust/kms/reference.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { addExamples } from "../options/examples.ts";
import { readKey } from "../options/key-reference.ts";
import { openKmsSigner } from "../options/kms.ts";
import type { KeyGenerateResult, KeyPublicResult } from "../results/key.ts";

export const command: CommandModule = {
  define(program, act) {
    const key = program.command("key").description("generate a signing key, show a public key");
    const generate = key
      .command("generate <name>")
      .description("write <name>.key, encrypted, and <name>.pub; cosign reads both")
      .addOption(
        new Option("--algorithm <algorithm>", "kind of key; verifiers everywhere accept the first")
          .choices(keyAlgorithms)
          .default(keyAlgorithms[0]),
      )
      .action((name: string, { algorithm }: { algorithm: KeyAlgorithm }) =>
        act(renderGenerated, (context) => generateKey(context, name, algorithm)),
      );
    addExamples(generate, [
      { line: "COSIGN_PASSWORD=secret mreg key generate alice", does: "write alice.key and alice.pub without asking" },
      {
        line: "mreg key generate keys/lead",
        does: "ask for a password unless COSIGN_PASSWORD is set, write to another directory",
      },
      {
        line: "mreg key generate robot --algorithm ed25519",
        does: "another kind of key; docs/trust.md has who reads it",
      },
    ]);
    const show = key
      .command("public <key>")
      .description(
        "print the public key of a private or public key (a file, env://NAME, - for stdin, or in a KMS), and its fingerprint",
      )
      .action((file: string) => act(renderPublic, (context) => showPublicKey(context, file)));
    addExamples(show, [
      { line: "mreg key public alice.pub", does: "print the key and its fingerprint, as the policy shows it" },
      { line: "mreg key public alice.key", does: "derive the public key; needs the password" },
      { line: 'ALICE="$(cat alice.pub)" mreg key public env://ALICE', does: "read a key from the environment" },
    ]);
  },
};

async function generateKey(
  context: Context,
  name: string,
  algorithm: KeyAlgorithm,
): Promise<Outcome<KeyGenerateResult>> {
  const { generateKeyPair } = await import("../../trust/index.ts");
  const pair = generateKeyPair(await newPassword(context), algorithm);
  const privateKey = `${name}.key`;
  const publicKey = `${name}.pub`;
  await writeNew(resolve(context.cwd, privateKey), pair.privatePem, 0o600);
  await writeNew(resolve(context.cwd, publicKey), pair.publicPem, 0o644);
  const { fingerprint } = pair;
  return { result: { kind: "key-generate", schemaVersion: 1, privateKey, publicKey, fingerprint } };
}

async function showPublicKey(context: Context, file: string): Promise<Outcome<KeyPublicResult>> {
  const kms = parseKmsReference(file);
  if (kms) return shown((await openKmsSigner(context, kms)).publicKey);
  const pem = await readKey(context, file);
  const { loadSigner, parsePublicKey } = await import("../../trust/index.ts");
  const password = () => context.env["COSIGN_PASSWORD"] ?? "";
  const key = pem.includes("PRIVATE KEY") ? (await loadSigner(pem, password)).publicKey : parsePublicKey(pem);
  return shown(key);
}

const shown = ({ identity, pem }: PublicKey): Outcome<KeyPublicResult> => ({
  result: { kind: "key-public", schemaVersion: 1, fingerprint: identity.fingerprint, pem },
});

/** COSIGN_PASSWORD, even when it is empty, as cosign has it; else asked for twice. */
async function newPassword(context: Context): Promise<string> {
  const given = context.env["COSIGN_PASSWORD"];
  if (given !== undefined) return given;
  const first = await context.prompt("Password for the new key: ", { hidden: true });
  if (first === undefined)
    throw new UsageError("there is no terminal to ask on, expected the new key's password in COSIGN_PASSWORD");
  if (first !== (await context.prompt("Again: ", { hidden: true }))) throw new UsageError("the two passwords differ");
  return first;
}

/** A key that is there already may be the only copy: it is never overwritten. */
async function writeNew(path: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { flag: "wx", mode }).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === "EEXIST" ? "it is there already" : cause.message;
    throw new UsageError(`cannot write ${path}: ${reason}`, { cause });
  });
}

const renderGenerated = (result: KeyGenerateResult): string =>
  `${result.privateKey}\n${result.publicKey}\nfingerprint ${result.fingerprint}`;

const renderPublic = (result: KeyPublicResult): string => `${result.pem.trimEnd()}\nfingerprint ${result.fingerprint}`;
