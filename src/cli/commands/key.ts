import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { addExamples } from "../options/examples.ts";
import { readKey } from "../options/signing.ts";

export const KeyGenerateResult = z.object({
  kind: z.literal("key-generate"),
  schemaVersion: z.literal(1),
  privateKey: z.string().describe("path of the encrypted private key"),
  publicKey: z.string().describe("path of the public key"),
  fingerprint: z.string(),
});
export type KeyGenerateResult = z.infer<typeof KeyGenerateResult>;

export const KeyPublicResult = z.object({
  kind: z.literal("key-public"),
  schemaVersion: z.literal(1),
  fingerprint: z.string(),
  pem: z.string(),
});
export type KeyPublicResult = z.infer<typeof KeyPublicResult>;

export const command: CommandModule = {
  define(program, act) {
    const key = program.command("key").description("generate a signing key, show a public key");
    const generate = key
      .command("generate <name>")
      .description("write <name>.key, encrypted, and <name>.pub; cosign reads both")
      .action((name: string) => act(renderGenerated, (context) => generateKey(context, name)));
    addExamples(generate, [
      { line: "COSIGN_PASSWORD=secret mreg key generate alice", does: "write alice.key and alice.pub without asking" },
      {
        line: "mreg key generate keys/lead",
        does: "ask for a password unless COSIGN_PASSWORD is set, write to another directory",
      },
    ]);
    const show = key
      .command("public <file>")
      .description("print the public key of a private or public key file, and its fingerprint")
      .action((file: string) => act(renderPublic, (context) => showPublicKey(context, file)));
    addExamples(show, [
      { line: "mreg key public alice.pub", does: "print the key and its fingerprint, as the policy shows it" },
      { line: "mreg key public alice.key", does: "derive the public key; needs the password" },
    ]);
  },
};

async function generateKey(context: Context, name: string): Promise<Outcome<KeyGenerateResult>> {
  const { generateKeyPair } = await import("../../trust/index.ts");
  const pair = generateKeyPair(await newPassword(context));
  const privateKey = `${name}.key`;
  const publicKey = `${name}.pub`;
  await writeNew(resolve(context.cwd, privateKey), pair.privatePem, 0o600);
  await writeNew(resolve(context.cwd, publicKey), pair.publicPem, 0o644);
  const { fingerprint } = pair;
  return { result: { kind: "key-generate", schemaVersion: 1, privateKey, publicKey, fingerprint } };
}

async function showPublicKey(context: Context, file: string): Promise<Outcome<KeyPublicResult>> {
  const pem = await readKey(resolve(context.cwd, file));
  const { loadSigner, parsePublicKey } = await import("../../trust/index.ts");
  const password = () => context.env["COSIGN_PASSWORD"] ?? "";
  const key = pem.includes("PRIVATE KEY") ? (await loadSigner(pem, password)).publicKey : parsePublicKey(pem);
  return { result: { kind: "key-public", schemaVersion: 1, fingerprint: key.identity.fingerprint, pem: key.pem } };
}

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
