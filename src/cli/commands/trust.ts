import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { timestamp } from "../../base/clock.ts";
import type { TrustRoot } from "../../trust/index.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { addExamples } from "../options/examples.ts";
import { signingConfigPath, trustDirectory, trustedRootPath, trustSourcePath } from "../options/trust-store.ts";
import { safe, table } from "../render/text.ts";
import type { TrustResult } from "../results/trust.ts";

interface InitOptions {
  readonly mirror?: string;
  readonly root?: string;
  readonly trustedRoot?: string;
  readonly signingConfig?: string;
}

export const command: CommandModule = {
  define(program, act) {
    const trust = program
      .command("trust")
      .description("the sigstore instance whose certificates, logs and timestamps are believed");
    const init = trust
      .command("init")
      .description("choose an instance: by TUF, from the public-good mirror unless told otherwise, or by files")
      .option("--mirror <url>", "TUF repository")
      .option("--root <file>", "the root.json to start from; every mirror but the public-good one needs it")
      .option("--trusted-root <file>", "trusted_root.json of an instance without TUF")
      .option("--signing-config <file>", "its services; needed to sign there without naming them")
      .action((options: InitOptions) => act(render, (context) => initialise(context, options)));
    addExamples(init, [
      {
        line: "mreg trust init --trusted-root trusted_root.json --signing-config signing_config.json",
        does: "a private instance, by the files its operator gives out",
      },
      {
        line: "mreg trust init --mirror https://tuf.example.com --root root.json",
        does: "a private instance with a TUF repository",
      },
    ]);
    const show = trust
      .command("show")
      .description("who is believed, since when, and where that comes from")
      .action(() => act(render, showTrust));
    addExamples(show, [
      { line: "mreg trust show", does: "authorities and logs, and the digest of the trusted root" },
      { line: "mreg trust show --format json", does: "the same, as JSON" },
    ]);
    const update = trust
      .command("update")
      .description("get the current trusted root from where the last one came from")
      .action(() => act(render, updateKept));
    addExamples(update, [
      { line: "mreg trust update", does: "as often as keys may change: verification itself never asks the mirror" },
      { line: "mreg trust update --format json", does: "the same, with the result as JSON" },
    ]);
  },
};

/** What `trust` remembers of where the root came from. */
const Source = z.object({
  from: z.enum(["tuf", "file"]),
  mirror: z.string().optional(),
  updatedAt: z.string(),
});
type Source = z.infer<typeof Source>;

async function initialise(context: Context, options: InitOptions): Promise<Outcome<TrustResult>> {
  const { mirror, root, signingConfig, trustedRoot } = options;
  if (trustedRoot === undefined) {
    if (signingConfig !== undefined) throw new UsageError("--signing-config is given without --trusted-root");
    if (mirror !== undefined && root === undefined) {
      throw new UsageError("a mirror of one's own needs the root.json that its operator gives out, expected --root");
    }
    return fetchAndKeep(context, { mirror, root });
  }
  if (mirror !== undefined || root !== undefined) throw new UsageError("--trusted-root and TUF exclude each other");
  const { parseSigningConfig, parseTrustRoot } = await import("../../trust/index.ts");
  const bytes = await readGiven(context, trustedRoot);
  parseTrustRoot(bytes);
  const config = signingConfig === undefined ? undefined : await readGiven(context, signingConfig);
  if (config) parseSigningConfig(config, context.clock());
  await keep(context, { trustedRoot: bytes, signingConfig: config }, { from: "file" });
  return showTrust(context);
}

async function updateKept(context: Context): Promise<Outcome<TrustResult>> {
  const source = await readSource(context);
  if (source?.from === "file") {
    throw new UsageError("the trusted root came from a file: run `mreg trust init --trusted-root` with the new one");
  }
  return fetchAndKeep(context, { mirror: source?.mirror, root: undefined });
}

/**
 * Without a root of its own TUF goes on from what it verified last, and never back. A root that is given starts over,
 * beside what is kept, which stays until the new one has proven good.
 */
async function fetchAndKeep(
  context: Context,
  { mirror, root }: { readonly mirror: string | undefined; readonly root: string | undefined },
): Promise<Outcome<TrustResult>> {
  const kept = join(trustDirectory(context.env), "tuf");
  const directory = root === undefined ? kept : `${kept}-${randomBytes(6).toString("hex")}`;
  await mkdir(directory, { recursive: true });
  try {
    const { updateTrust } = await import("../../trust/index.ts");
    const fetched = await updateTrust({
      directory,
      ...(mirror === undefined ? {} : { mirror }),
      ...(root === undefined ? {} : { rootPath: resolve(context.cwd, root) }),
    });
    if (directory !== kept) {
      await rm(kept, { recursive: true, force: true });
      await rename(directory, kept);
    }
    await keep(context, fetched, { from: "tuf", mirror: fetched.mirror });
  } finally {
    if (directory !== kept) await rm(directory, { recursive: true, force: true });
  }
  return showTrust(context);
}

interface Kept {
  readonly trustedRoot: Uint8Array;
  readonly signingConfig?: Uint8Array | undefined;
}

async function keep({ clock, env }: Context, kept: Kept, source: Omit<Source, "updatedAt">): Promise<void> {
  await mkdir(trustDirectory(env), { recursive: true });
  await writeFileAtomic(trustedRootPath(env), kept.trustedRoot);
  if (kept.signingConfig) await writeFileAtomic(signingConfigPath(env), kept.signingConfig);
  // What is left of another instance must not be signed with.
  else await rm(signingConfigPath(env), { force: true });
  const text = JSON.stringify({ ...source, updatedAt: timestamp(clock()) });
  await writeFileAtomic(trustSourcePath(env), Buffer.from(text));
}

async function showTrust(context: Context): Promise<Outcome<TrustResult>> {
  const { env } = context;
  const source = await readSource(context);
  const { builtInTrustRoot, parseTrustRoot } = await import("../../trust/index.ts");
  const kept = await readIfThere(trustedRootPath(env));
  const root = kept ? parseTrustRoot(kept) : await builtInTrustRoot();
  const result: TrustResult = {
    kind: "trust",
    schemaVersion: 1,
    from: kept ? (source?.from ?? "file") : "built-in",
    ...(kept && source?.mirror ? { mirror: source.mirror } : {}),
    ...(kept && source ? { updatedAt: source.updatedAt } : {}),
    directory: trustDirectory(env),
    digest: root.digest,
    hasSigningConfig: (await readIfThere(signingConfigPath(env))) !== undefined,
    authorities: authoritiesOf(root),
  };
  return { result };
}

function authoritiesOf(root: TrustRoot): TrustResult["authorities"] {
  const roles = [
    ["certificates", root.certificateAuthorities],
    ["certificate-log", root.certificateLogs],
    ["log", root.logs],
    ["timestamps", root.timestampAuthorities],
  ] as const;
  return roles.flatMap(([role, authorities]) =>
    authorities.map(({ url, validFor: { end, start } }) => ({
      role,
      url,
      since: timestamp(start),
      ...(end ? { until: timestamp(end) } : {}),
    })),
  );
}

async function readSource({ env }: Context): Promise<Source | undefined> {
  const bytes = await readIfThere(trustSourcePath(env));
  if (!bytes) return undefined;
  try {
    return Source.parse(JSON.parse(bytes.toString()));
  } catch (cause) {
    throw new UsageError(`${trustSourcePath(env)} is damaged: run \`mreg trust init\` again`, { cause });
  }
}

async function readGiven({ cwd }: Context, path: string): Promise<Buffer> {
  return readFile(resolve(cwd, path)).catch((cause: Error) => {
    throw new UsageError(`cannot read ${path}: ${cause.message}`, { cause });
  });
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
    throw cause;
  });
}

const sources: Readonly<Record<TrustResult["from"], string>> = {
  tuf: "by TUF from",
  file: "from a file",
  "built-in": "the public-good instance as of this release; `mreg trust init` gets the current one",
};

function render(result: TrustResult): string {
  const { authorities, digest, from, mirror, updatedAt } = result;
  const origin = [sources[from], ...(mirror ? [safe(mirror)] : []), ...(updatedAt ? [`at ${updatedAt}`] : [])].join(
    " ",
  );
  const rows = authorities.map(({ role, since, until, url }) => [role, url, since, until ?? "in use"]);
  return [origin, `trusted root ${digest}`, table([["", "", "since", "until"], ...rows])].join("\n");
}
