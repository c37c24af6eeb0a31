import { resolve } from "node:path";
import { Option } from "commander";
import { z } from "zod";
import { type FileKind, fileKinds } from "../../model/media-types.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { readPublicKey } from "../options/signing.ts";
import { type OpenedTarget, withTarget } from "../options/target.ts";
import { gather, parseCount } from "../options/values.ts";
import { count, formatBytes, safe } from "../render/text.ts";

export interface PullOptions extends RegistryOptions, PolicyOptions {
  readonly output: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly kind: readonly FileKind[];
  readonly requireState?: string;
  readonly verify?: boolean;
  readonly verifyKey?: string;
  readonly overwrite?: boolean;
  readonly concurrency?: number;
}

export const PullResult = z.object({
  kind: z.literal("pull"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  digest: z.string(),
  directory: z.string(),
  files: z.array(
    z.object({ path: z.string(), digest: z.string(), size: z.int(), outcome: z.enum(["done", "present"]) }),
  ),
});
export type PullResult = z.infer<typeof PullResult>;

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
      .option("--overwrite", "replace files that are there with other content")
      .option("--concurrency <number>", "downloads at a time", parseCount)
      .action((ref: string, options: PullOptions) => act(render, (context) => pull_(context, ref, options)));
    addPolicyOptions(addRegistryOptions(pull));
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
  return withTarget(context, ref, options, async (target) => {
    await verifyBefore(context, target, options);
    const { pullModel } = await import("../../model/index.ts");
    const { descriptor, pinned, repository } = target;
    const pulled = await pullModel(repository, descriptor, resolve(context.cwd, options.output), {
      signal: context.signal,
      onEvent: context.onEvent,
      ...(options.include.length > 0 ? { include: options.include } : {}),
      ...(options.exclude.length > 0 ? { exclude: options.exclude } : {}),
      ...(options.kind.length > 0 ? { kinds: options.kind } : {}),
      ...(options.overwrite ? { overwrite: true } : {}),
      ...(options.concurrency ? { concurrency: options.concurrency } : {}),
    });
    const files = pulled.files.map(({ path, digest, size, outcome }) => ({ path, digest, size, outcome }));
    return {
      result: {
        kind: "pull",
        schemaVersion: 1,
        reference: pinned,
        digest: descriptor.digest,
        directory: pulled.directory,
        files,
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
    await verifyState(repository, await openPolicy(context, options), descriptor, options.requireState, {
      signal,
      ...version,
    });
  }
  if (!options.verify && !options.verifyKey) return;
  const { requireSignature } = await import("../../trust/index.ts");
  const { policyKeys } = await import("../../lifecycle/index.ts");
  const keys = options.verifyKey
    ? [await readPublicKey(options.verifyKey)]
    : policyKeys(await openPolicy(context, options));
  await requireSignature(repository, descriptor, keys, { signal });
}

function render(result: PullResult): string {
  const moved = result.files.filter(({ outcome }) => outcome === "done");
  const bytes = moved.reduce((sum, { size }) => sum + size, 0);
  const present = result.files.length - moved.length;
  return [
    `${count(moved.length, "file")}, ${formatBytes(bytes)} to ${safe(result.directory)}${present > 0 ? `; ${count(present, "file")} were there already` : ""}`,
    safe(result.reference),
  ].join("\n");
}
