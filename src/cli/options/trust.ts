import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { CertificateTrust, TrustRoot } from "../../trust/index.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { trustedRootPath } from "./trust-store.ts";

/** Flags about whose certificates are accepted. */
export interface TrustOptions {
  readonly identity?: string;
  readonly identityPattern?: string;
  readonly issuer?: string;
  readonly trustedRoot?: string;
}

export function addTrustOptions(command: Command): Command {
  return command
    .option("--identity <name>", "whom the certificate must name, exactly: an address, or the URL of a workflow")
    .option("--identity-pattern <pattern>", "the same as a pattern for all of it: * is anything but /, ** anything")
    .option("--issuer <url>", "the identity provider that must have vouched, exactly");
}

/** Whose certificates the flags accept; undefined when they speak of none. */
export async function readCertificateTrust(
  context: Context,
  options: TrustOptions,
): Promise<CertificateTrust | undefined> {
  const { identity, identityPattern, issuer } = options;
  if (identity === undefined && identityPattern === undefined && issuer === undefined) return undefined;
  if (issuer === undefined || (identity === undefined) === (identityPattern === undefined)) {
    throw new UsageError("expected --issuer together with one of --identity and --identity-pattern");
  }
  const { identityRule } = await import("../../trust/index.ts");
  const rule = identityRule({ issuer, subject: identity ?? { pattern: identityPattern ?? "" } });
  return { root: await openTrustRoot(context, options), identities: [rule] };
}

/**
 * Opens the trusted root: the one that is given, else the one that `mreg trust` keeps, else the one of the public-good
 * instance that came with this release. Nothing is fetched: verification needs no network but the registry's.
 */
export async function openTrustRoot(
  context: Context,
  { trustedRoot }: Pick<TrustOptions, "trustedRoot">,
): Promise<TrustRoot> {
  const { parseTrustRoot } = await import("../../trust/trust-root.ts");
  const given = trustedRoot ?? context.config.signing?.trustedRoot;
  if (given !== undefined) {
    const path = resolve(context.cwd, given);
    const bytes = await readFile(path).catch((cause: Error) => {
      throw new UsageError(`cannot read trusted root ${path}: ${cause.message}`, { cause });
    });
    return parseTrustRoot(bytes);
  }
  const kept = await readFile(trustedRootPath(context.env)).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
    throw cause;
  });
  if (kept) return parseTrustRoot(kept);
  const { builtInTrustRoot } = await import("../../trust/trust-source.ts");
  return builtInTrustRoot();
}
