import { resolve } from "node:path";
import { Option } from "commander";
import { type FileKind, fileKinds } from "../../model/media-types.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { openContentCache } from "../options/content-cache.ts";
import { addExamples } from "../options/examples.ts";
import { addHeadOptions, readHistory } from "../options/heads.ts";
import { addPolicyOptions, openPolicy } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { addServableOptions, checkServable, type ServableOptions } from "../options/servable.ts";
import { readPublicKey } from "../options/signing.ts";
import { type OpenedTarget, withTarget } from "../options/target.ts";
import { gather, parseCount } from "../options/values.ts";
import { count, formatBytes, safe } from "../render/text.ts";
import type { PullResult } from "../results/pull.ts";
import { checkWholeModel, writeModelSignature } from "./pull-oms.ts";

export interface PullOptions extends RegistryOptions, ServableOptions {
  readonly output: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly kind: readonly FileKind[];
  readonly requireState?: string;
  readonly verify?: boolean;
  readonly verifyKey?: string;
  readonly oms?: boolean;
  readonly overwrite?: boolean;
  readonly concurrency?: number;
  readonly connections?: number;
  readonly rehash?: boolean;
  /** commander's: false with --no-fsync. */
  readonly fsync: boolean;
  readonly deltaFrom: readonly string[];
}

export const command: CommandModule = {
  define(program, act) {
    const pull = program
      .command("pull <ref>")
      .description("download a version; every byte is verified before a file appears under its name")
      .option("-o, --output <dir>", "directory to write to", ".")
      .option("--include <glob>", "only these files, repeatable", gather, [])
      .option("--exclude <glob>", "not these files, repeatable", gather, [])
      .addOption(new Option("--kind <kind...>", "only files of these kinds").choices(fileKinds).default([]))
      .option("--require-state <state>", "refuse unless the verified chain says the version is in this state")
      .option("--verify", "refuse unless a key of the policy signed the version")
      .option("--verify-key <file>", "refuse unless this public key signed the version")
      .option("--oms", "also write the attached model signature as model.sig, for `model_signing verify`")
      .option("--overwrite", "replace files that are there with other content")
      .option("--delta-from <dir>", "also look here for an older version to take unchanged parts from", gather, [])
      .option("--rehash", "read files that are there already, trusting nothing from earlier runs")
      .option("--no-fsync", "do not wait until the files are on the disk")
      .option("--concurrency <number>", "files at a time", parseCount)
      .option("--connections <number>", "connections at most, over all files", parseCount)
      .action((ref: string, options: PullOptions) => act(render, (context) => pull_(context, ref, options)));
    addHeadOptions(addServableOptions(addPolicyOptions(addRegistryOptions(pull))));
    addExamples(pull, [
      { line: "mreg pull risk:v1 -o ./risk", does: "download version 1" },
      {
        line: "mreg pull risk@production --require-state production -o ./serving",
        does: "download what production serves, if the whole chain verifies",
      },
    ]);
  },
};

async function pull_(context: Context, ref: string, options: PullOptions): Promise<Outcome<PullResult>> {
  if (options.oms) checkWholeModel(options);
  return withTarget(context, ref, options, async (target) => {
    await checkServable(context, target, options);
    await verifyBefore(context, target, options);
    const { pullModel } = await import("../../model/pull/pull.ts");
    const { descriptor, pinned, repository } = target;
    const { openDigestCache } = await import("../options/digest-cache.ts");
    const digests = options.rehash ? undefined : await openDigestCache(context.env);
    const pulled = await pullModel(repository, descriptor, resolve(context.cwd, options.output), {
      signal: context.signal,
      onEvent: context.onEvent,
      ...(options.include.length > 0 ? { include: options.include } : {}),
      ...(options.exclude.length > 0 ? { exclude: options.exclude } : {}),
      ...(options.kind.length > 0 ? { kinds: options.kind } : {}),
      cache: await openContentCache(context),
      deltaFrom: options.deltaFrom.map((directory) => resolve(context.cwd, directory)),
      ...(options.overwrite ? { overwrite: true } : {}),
      ...(options.concurrency ? { concurrency: options.concurrency } : {}),
      ...(options.connections ? { connections: options.connections } : {}),
      isDurable: options.fsync,
      digests,
      clock: context.clock,
    });
    await digests?.save();
    const files = pulled.files.map(({ path, digest, size, outcome }) => ({ path, digest, size, outcome }));
    const modelSignature = options.oms ? await writeModelSignature(context, target, { ...pulled, options }) : undefined;
    for (const warning of pulled.warnings) context.note(`warning: ${safe(warning)}`);
    return {
      result: {
        kind: "pull",
        schemaVersion: 1,
        reference: pinned,
        digest: descriptor.digest,
        directory: pulled.directory,
        ...(modelSignature ? { modelSignature } : {}),
        files,
        received: pulled.received,
        resumed: pulled.resumed,
        bytesSaved: pulled.files.reduce((sum, { reused }) => sum + reused, 0),
        warnings: [...pulled.warnings],
      },
    };
  });
}

/** Whatever the user demands is proven before the first byte is fetched. */
async function verifyBefore(
  context: Context,
  { descriptor, repository, version }: OpenedTarget,
  options: PullOptions,
): Promise<void> {
  const { signal } = context;
  if (options.requireState) {
    const { verifyState } = await import("../../lifecycle/index.ts");
    const policy = await openPolicy(context, options);
    const chain = await readHistory(context, repository, policy, options);
    const { clock } = context;
    await verifyState(repository, policy, descriptor, options.requireState, { chain, clock, signal, ...version });
  }
  if (!options.verify && !options.verifyKey) return;
  const { requireSignature } = await import("../../trust/index.ts");
  const { policyTrust } = await import("../../lifecycle/index.ts");
  const trust = options.verifyKey
    ? { keys: [await readPublicKey(context, options.verifyKey)] }
    : policyTrust(await openPolicy(context, options));
  await requireSignature(repository, descriptor, trust, { signal });
}

function render(result: PullResult): string {
  const moved = result.files.filter(({ outcome }) => outcome === "done");
  const bytes = moved.reduce((sum, { size }) => sum + size, 0);
  const present = result.files.length - moved.length;
  const there = present > 0 ? `; ${count(present, "file")} ${present === 1 ? "was" : "were"} there already` : "";
  const resumed = result.resumed > 0 ? `; ${formatBytes(result.resumed)} were left by an interrupted pull` : "";
  const saved = result.bytesSaved > 0 ? `; ${formatBytes(result.bytesSaved)} were on this machine already` : "";
  return [
    `${count(moved.length, "file")}, ${formatBytes(bytes)} to ${safe(result.directory)}${there}${resumed}${saved}`,
    safe(result.reference),
  ].join("\n");
}
