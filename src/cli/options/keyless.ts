import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Signer, SigningInstance } from "../../trust/index.ts";
import { identityTokenLimitCharacters, trustRootLimitBytes } from "../../trust/limits.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { signingConfigPath } from "./trust-store.ts";

/** Flags of signing with a certificate, and of witnesses for any signature. */
export interface KeylessOptions {
  readonly keyless?: boolean;
  readonly idToken?: string;
  readonly fulcioUrl?: string;
  readonly rekorUrl?: string;
  readonly rekorVersion?: string;
  readonly tsaUrl?: string;
  readonly signingConfig?: string;
}

export function addKeylessOptions(command: Command): Command {
  return command
    .option("--keyless", "sign with a certificate for your identity, which the instance's log makes public")
    .option(
      "--id-token <token>",
      "identity token, or a file with one; default: GitHub Actions, SIGSTORE_ID_TOKEN, sign-in",
    )
    .option("--signing-config <file>", "services of a sigstore instance; default: `mreg trust`, the public-good one")
    .option("--fulcio-url <url>", "certificate authority; with it, only the services that are named are asked")
    .option("--rekor-url <url>", "transparency log; also for signatures with a key")
    .option("--rekor-version <1|2>", "interface of the log", "1")
    .option("--tsa-url <url>", "timestamp authority; also for signatures with a key");
}

/** Tells whether a certificate is to sign. Never by default: it publishes who signed what, for ever. */
export function isKeyless(options: KeylessOptions): boolean {
  return options.keyless === true || options.idToken !== undefined || options.fulcioUrl !== undefined;
}

/** Gets a certificate for whoever the identity token names. */
export async function openKeylessSigner(context: Context, options: KeylessOptions): Promise<Signer> {
  const instance = await signingInstance(context, options);
  const { certificateAuthority, witnesses } = instance;
  if (certificateAuthority === undefined) {
    throw new UsageError(
      "there is no certificate authority, expected --fulcio-url, or one in the signing configuration",
    );
  }
  if (witnesses.logs.length + witnesses.timestampAuthorities.length === 0) {
    throw new UsageError("nobody would testify when it was signed, expected --rekor-url or --tsa-url");
  }
  const { keylessSigner } = await import("../../trust/index.ts");
  const { clock, signal } = context;
  const identityToken = () => findToken(context, options, instance);
  return keylessSigner({ certificateAuthority, witnesses, identityToken, clock, signal });
}

/** Adds log entries and timestamps to a key's signatures, when flags ask for them. */
export async function withAskedWitnesses(context: Context, options: KeylessOptions, signer: Signer): Promise<Signer> {
  if (!options.rekorUrl && !options.tsaUrl && !options.signingConfig) return signer;
  const { witnesses } = await signingInstance(context, options);
  const { withWitnesses } = await import("../../trust/index.ts");
  return withWitnesses(signer, witnesses, globalThis.fetch);
}

/** Services named by flags are all there are: what is meant for a private instance must not reach the public one. */
async function signingInstance(context: Context, options: KeylessOptions): Promise<SigningInstance> {
  const { fulcioUrl, rekorUrl, rekorVersion = "1", tsaUrl } = options;
  if (rekorVersion !== "1" && rekorVersion !== "2") {
    throw new UsageError(`--rekor-version is ${JSON.stringify(rekorVersion)}, expected 1 or 2`);
  }
  const { parseSigningConfig, publicGood } = await import("../../trust/index.ts");
  if (fulcioUrl || rekorUrl || tsaUrl) {
    if (options.signingConfig) throw new UsageError("--signing-config names all services, expected no URLs beside it");
    const logs = rekorUrl
      ? [{ url: rekorUrl, majorApiVersion: rekorVersion === "2" ? (2 as const) : (1 as const) }]
      : [];
    return {
      ...(fulcioUrl ? { certificateAuthority: fulcioUrl } : {}),
      witnesses: { logs, timestampAuthorities: tsaUrl ? [tsaUrl] : [] },
    };
  }
  const given = options.signingConfig ?? context.config.signing?.signingConfig;
  if (given !== undefined) return parseSigningConfig(await readLimited(resolve(context.cwd, given)), context.clock());
  const stored = await readFile(signingConfigPath(context.env)).catch(() => undefined);
  return stored ? parseSigningConfig(stored, context.clock()) : publicGood;
}

async function findToken(context: Context, { idToken }: KeylessOptions, instance: SigningInstance): Promise<string> {
  if (idToken !== undefined) return givenToken(context, idToken);
  const { ciIdentityToken, deviceIdentityToken, SigningError } = await import("../../trust/index.ts");
  const { env, signal } = context;
  const found = await ciIdentityToken(env, globalThis.fetch, { signal });
  if (found !== undefined) return found;
  const { identityProvider } = instance;
  const question = `Sign in at ${identityProvider} with a browser? Enter continues, Ctrl-C stops. `;
  const answer = identityProvider ? await context.prompt(question, { hidden: false }) : undefined;
  if (!identityProvider || answer === undefined) {
    const inActions = env["GITHUB_ACTIONS"] === "true" ? "; the job has no `permissions: id-token: write`" : "";
    throw new SigningError(
      "TOKEN_INVALID",
      `there is no identity token and nobody to ask${inActions}, expected --id-token or SIGSTORE_ID_TOKEN`,
    );
  }
  const show = ({ code, url }: { code: string; url: string }) => context.note(`Open ${url} and check the code ${code}`);
  return deviceIdentityToken(globalThis.fetch, identityProvider, show, { signal });
}

/** A JWT has three parts with dots between; anything else is the name of a file, or `-` for stdin. */
async function givenToken(context: Context, text: string): Promise<string> {
  if (text === "-") return context.readStdin();
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(text) && text.length > 64) return text;
  const bytes = await readLimited(resolve(context.cwd, text), identityTokenLimitCharacters);
  return bytes.toString("utf8");
}

async function readLimited(path: string, limitBytes = trustRootLimitBytes): Promise<Buffer> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new UsageError(`cannot read ${path}: ${cause.message}`, { cause });
  });
  if (bytes.byteLength <= limitBytes) return bytes;
  throw new UsageError(`${path} has ${bytes.byteLength} bytes, expected at most ${limitBytes}`);
}
