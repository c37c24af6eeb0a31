import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { attachEvidence } from "../../evidence/index.ts";
import type { ModelInput } from "../../model/index.ts";
import type { signManifest } from "../../trust/index.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { askedVersion } from "../options/asked-version.ts";
import { addExamples } from "../options/examples.ts";
import { addLineageOptions, type LineageOptions, lineageToPush } from "../options/lineage.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { addSigningOptions, openSigner, type SigningOptions } from "../options/signing.ts";
import { pin, withModel } from "../options/target.ts";
import { gather, parseAnnotations, parseCount } from "../options/values.ts";
import { count, formatBytes, safe, table } from "../render/text.ts";
import type { PushResult } from "../results/push.ts";

export interface PushOptions extends RegistryOptions, SigningOptions, LineageOptions {
  readonly owner?: string;
  readonly sign?: boolean;
  readonly lineage?: string;
  readonly annotation: readonly string[];
  readonly artifactType?: string;
  readonly license: readonly string[];
  readonly created?: string;
  readonly concurrency?: number;
  readonly rehash?: boolean;
  readonly speculate: boolean;
  readonly exportManifest?: string;
  readonly index?: boolean;
}

export const command: CommandModule = {
  define(program, act) {
    const push = program
      .command("push <name> <path...>")
      .description("pack files and directories, upload them as a new version; <name> may end in :v<number>")
      .option("--owner <team>", "owning team; default: model.owner of mreg.yaml")
      .option("--sign", "sign the new version")
      .option(
        "--lineage <auto|none|file>",
        "where it comes from, as a signed statement: collected from what lies around, or completed so from a file; default with --sign: auto, if all is found",
      )
      .option("-a, --annotation <key=value>", "manifest annotation, repeatable", gather, [])
      .option("--license <spdx>", "SPDX license expression, repeatable", gather, [])
      .option("--artifact-type <type>", "media type instead of ModelPack's")
      .option("--created <time>", "creation time, RFC 3339; default: none, or SOURCE_DATE_EPOCH")
      .option("--concurrency <number>", "uploads at a time", parseCount)
      .option("--rehash", "read every file and look for every blob, trusting nothing from earlier pushes")
      .option("--index", "attach a tensor index of all files, not only of more than 64 MiB of safetensors")
      .option("--no-index", "attach no tensor index")
      .option("--no-speculate", "send large files only after they are hashed, for lines where bytes are dear")
      .option("--export-manifest <file>", "also write the manifest to a file")
      .action((name: string, paths: string[], options: PushOptions) =>
        act(render, (context) => push_(context, { name, paths, options })),
      );
    addSigningOptions(addRegistryOptions(addLineageOptions(push)));
    addExamples(push, [
      { line: "mreg push risk ./model --owner risk-team", does: "pack a directory as the next version of risk" },
      {
        line: "mreg push risk:v1 model/model.safetensors model/config.json --sign --key alice.key",
        does: "push two files as v1, signed",
      },
    ]);
  },
};

interface PushRequest {
  readonly name: string;
  readonly paths: readonly string[];
  readonly options: PushOptions;
}

async function push_(context: Context, { name, paths, options }: PushRequest): Promise<Outcome<PushResult>> {
  const signer = options.sign ? await openSigner(context, options) : undefined;
  return withModel(context, name, options, async ({ reference, repository }) => {
    const { pushModel } = await import("../../push-model.ts");
    const { openDigestCache, openIndexCache } = await import("../options/digest-cache.ts");
    const { clock, onEvent, signal } = context;
    const version = await askedVersion(reference);
    const lineage = await lineageToPush(context, paths, options);
    const input = modelInput(context, { name: repository.name, paths, options });
    const { artifact, indexProblem, ...pushed } = await pushModel(
      repository,
      { ...input, ...(version ? { version: `v${version}` } : {}) },
      {
        signal,
        onEvent,
        ...(version ? { version } : {}),
        digests: await openDigestCache(context.env),
        indexes: openIndexCache(context.env),
        ...(options.concurrency ? { concurrency: options.concurrency } : {}),
        ...(options.rehash ? { rehash: true } : {}),
        speculate: options.speculate,
        ...(options.index === undefined ? {} : { index: options.index ? "always" : "never" }),
      },
    );
    if (indexProblem !== undefined) context.note(`warning: no tensor index was attached: ${safe(indexProblem)}`);
    const { descriptor, raw } = artifact.manifest;
    if (options.exportManifest) await writeFile(resolve(context.cwd, options.exportManifest), raw);
    const signature = signer && (await sign(repository, descriptor, { signer, clock, signal }));
    const attached =
      lineage &&
      signer &&
      (await attach(repository, descriptor, lineage, { name: repository.name, signer, clock, signal }));
    const files = artifact.files.map((file) => ({ ...file }));
    const result: PushResult = {
      kind: "push",
      schemaVersion: 1,
      reference: pin(reference, descriptor),
      name: repository.name,
      ...pushed,
      digest: descriptor.digest,
      size: files.reduce((sum, file) => sum + file.size, 0),
      files,
      ...(signature ? { signature: signature.digest } : {}),
      ...(attached ? { lineage: attached.statement.digest } : {}),
      warnings: indexProblem === undefined ? [] : [`no tensor index was attached: ${indexProblem}`],
    };
    return { result };
  });
}

/** Loaded for those who sign only. */
async function sign(...call: Parameters<typeof signManifest>): ReturnType<typeof signManifest> {
  const trust = await import("../../trust/index.ts");
  return trust.signManifest(...call);
}

/** Loaded for those who attach something only. */
async function attach(...call: Parameters<typeof attachEvidence>): ReturnType<typeof attachEvidence> {
  const evidence = await import("../../evidence/attach-evidence.ts");
  return evidence.attachEvidence(...call);
}

function modelInput(context: Context, { name, paths, options }: PushRequest): ModelInput {
  const owner = options.owner ?? context.config.model?.owner;
  const created = options.created ?? sourceDate(context.env["SOURCE_DATE_EPOCH"]);
  return {
    paths: paths.map((path) => resolve(context.cwd, path)),
    name,
    annotations: parseAnnotations(options.annotation),
    ...(owner ? { owner } : {}),
    ...(created ? { created } : {}),
    ...(options.license.length > 0 ? { licenses: [...options.license] } : {}),
    ...(options.artifactType ? { artifactType: options.artifactType } : {}),
  };
}

/** The reproducible-builds convention: whole seconds since 1970. */
function sourceDate(epoch: string | undefined): string | undefined {
  if (epoch === undefined || epoch === "") return undefined;
  if (!/^[0-9]{1,11}$/.test(epoch))
    throw new UsageError(`SOURCE_DATE_EPOCH is ${JSON.stringify(epoch)}, expected seconds since 1970`);
  return new Date(Number(epoch) * 1000).toISOString().replace(".000Z", "Z");
}

function render(result: PushResult): string {
  const rows = result.files.map(({ path, kind, size }) => [path, kind, formatBytes(size)]);
  const again = result.outcome === "present" ? " (this content was there already)" : "";
  return [
    table(rows),
    `${count(result.files.length, "file")}, ${formatBytes(result.size)}`,
    `${safe(result.name)}:${result.version}${again}`,
    ...(result.signature ? [`signed ${result.signature}`] : []),
    ...(result.lineage ? [`lineage ${result.lineage}`] : []),
    safe(result.reference),
  ].join("\n");
}
