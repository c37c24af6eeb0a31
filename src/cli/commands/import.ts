import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Digest } from "../../base/digest.ts";
import type { SourceModel } from "../../bridges/sources/source-model.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { askedVersion } from "../options/asked-version.ts";
import { addSourceOptions, placeOf, type SourceOptions, sourceOptions, withSharedStdin } from "../options/copy.ts";
import { parseDirections } from "../options/evaluation.ts";
import { addExamples } from "../options/examples.ts";
import { openHuggingFace } from "../options/hugging-face.ts";
import { addLineageOptions, type LineageOptions } from "../options/lineage.ts";
import { mlflowServer } from "../options/mlflow.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { addSigningOptions, openSigner, type SigningOptions } from "../options/signing.ts";
import { pin, withModel, withTarget } from "../options/target.ts";
import { gather, parseAnnotations } from "../options/values.ts";
import { count, formatBytes, safe } from "../render/text.ts";
import type { ImportResult } from "../results/import.ts";

interface ImportOptions extends RegistryOptions, SigningOptions, LineageOptions {
  readonly as?: string;
  readonly owner?: string;
  readonly license: readonly string[];
  readonly annotation: readonly string[];
  readonly direction: readonly string[];
  readonly evidence: boolean;
  readonly sign?: boolean;
  readonly workDir?: string;
}

interface MlflowOptions extends ImportOptions {
  readonly trackingUri?: string;
  readonly writeBack?: boolean;
}

interface HuggingFaceOptions extends ImportOptions {
  readonly revision?: string;
}

type RegistryImportOptions = ImportOptions & SourceOptions;

/** Tools whose models lie in registries, and what people call them. */
const packers = {
  kitops: "a ModelKit of KitOps",
  docker: "a model of Docker Model Runner",
  ollama: "a model of Ollama",
  oras: "files pushed with ORAS",
} as const;

export const command: CommandModule = {
  define(program, act) {
    const group = program
      .command("import")
      .description("bring a model from another world, with what is said of it there");
    const mlflow = addImportOptions(
      group
        .command("mlflow <model>")
        .description(
          "a model of an MLflow server: models:/<name>/<version>, models:/<name>@<alias>, runs:/<run>/<path>",
        ),
    )
      .option("--tracking-uri <url>", "the server; default: MLFLOW_TRACKING_URI")
      .option("--write-back", "tag the version at the server with the digest")
      .action((model: string, options: MlflowOptions) =>
        act(render, (context) => importMlflow(context, model, options)),
      );
    addExamples(mlflow, [
      { line: "mreg import mlflow models:/risk/4 --key alice.key", does: "version 4 with its run, metrics and card" },
      { line: "mreg import mlflow models:/risk@champion --as risk --write-back", does: "what the alias means now" },
    ]);
    const huggingFace = addImportOptions(
      group
        .command("huggingface <model>")
        .description("a model of Hugging Face: a snapshot on this machine, or organisation/name from the hub"),
    )
      .option("--revision <revision>", "branch, tag or commit; default main")
      .action((model: string, options: HuggingFaceOptions) =>
        act(render, (context) => importFrom(context, options, () => openHuggingFace(context, model, options.revision))),
      );
    addExamples(huggingFace, [
      { line: "mreg import huggingface ./models--org--tiny", does: "what a cache on this machine has" },
      { line: "mreg import huggingface org/tiny --revision v1.0 --key alice.key", does: "from the hub, at one commit" },
    ]);
    for (const [format, what] of Object.entries(packers) as [keyof typeof packers, string][]) {
      const registry = addSourceOptions(addImportOptions(group.command(`${format} <ref>`).description(what))).action(
        (ref: string, options: RegistryImportOptions) =>
          act(render, (context) => importRegistry(context, { format, ref, options })),
      );
      addExamples(registry, [
        { line: `mreg import ${format} oci:./elsewhere/risk:v1 --as risk`, does: "from a layout on this machine" },
        {
          line: `mreg import ${format} oci:./elsewhere/risk:v1 --as risk --key alice.key --format json`,
          does: "the same with its card as a signed statement, as JSON",
        },
      ]);
    }
  },
};

function addImportOptions(command: Command): Command {
  const imported = command
    .option("--as <name>", "what it is to be called; default: its name at the source")
    .option("--owner <team>", "owning team; default: model.owner of mreg.yaml")
    .option("--license <spdx>", "SPDX license expression, repeatable", gather, [])
    .option("-a, --annotation <key=value>", "manifest annotation, repeatable", gather, [])
    .option("--direction <metric=higher|lower|ignore>", "whether more of a metric is better, repeatable", gather, [])
    .option("--no-evidence", "the files alone, without statements about them")
    .option("--sign", "also sign the version itself")
    .option("--work-dir <dir>", "directory for the files on their way; default: the system's for temporary files");
  return addSigningOptions(addRegistryOptions(addLineageOptions(imported)));
}

async function importMlflow(context: Context, model: string, options: MlflowOptions): Promise<Outcome<ImportResult>> {
  const { digestTag, MlflowServer, openMlflowModel, writeBack } = await import("../../bridges/sources/mlflow/index.ts");
  const server = new MlflowServer(await mlflowServer(context, options.trackingUri));
  const { signal } = context;
  let location = "";
  const { result } = await importFrom(context, options, async () => {
    const source = await openMlflowModel(server, model, { signal });
    location = source.location;
    return source;
  });
  if (!options.writeBack) return { result };
  await writeBack(server, location, result.digest as Digest, { signal });
  return { result: { ...result, writtenBack: digestTag } };
}

async function importRegistry(
  given: Context,
  { format, ref, options }: { format: keyof typeof packers; ref: string; options: RegistryImportOptions },
): Promise<Outcome<ImportResult>> {
  const context = withSharedStdin(given);
  const { parseReference } = await import("../../oci/reference.ts");
  const from = placeOf(context, parseReference(ref));
  const isSame = options.as !== undefined && placeOf(context, parseReference(options.as)).registry === from.registry;
  return withTarget(context, ref, sourceOptions(options, isSame), ({ descriptor, pinned, repository }) =>
    importFrom(context, options, async () => {
      const { openRegistryModel } = await import("../../bridges/sources/registry-model.ts");
      const name = from.repository.split("/").at(-1) ?? from.repository;
      const place = { store: repository, descriptor, location: pinned, name };
      return openRegistryModel(place, format, { signal: context.signal });
    }),
  );
}

async function importFrom(
  context: Context,
  options: ImportOptions,
  open: () => Promise<SourceModel>,
): Promise<Outcome<ImportResult>> {
  const signer = await wantedSigner(context, options);
  const workDirectory = resolve(context.cwd, options.workDir ?? tmpdir());
  await mkdir(workDirectory, { recursive: true });
  const directions = parseDirections(options.direction);
  const source = await open();
  return withModel(context, options.as ?? source.name, options, async ({ reference, repository }) => {
    const { importModel } = await import("../../import-model.ts");
    const { clock, onEvent, signal } = context;
    const version = await askedVersion(reference);
    const { run, commit, trainedOn: datasets, baseModel } = options;
    const imported = await importModel(repository, source, {
      ...{ clock, onEvent, signal, workDirectory },
      ...(version ? { version } : {}),
      signer: options.evidence ? signer : undefined,
      wishes: { lineage: { run, commit, datasets, baseModel }, directions },
      input: {
        name: repository.name,
        annotations: parseAnnotations(options.annotation),
        ...ownership(context, options),
      },
    });
    const { descriptor } = imported.artifact.manifest;
    const notes = options.evidence ? imported.notes : [];
    for (const note of notes) context.note(safe(note));
    const { signManifest } = await import("../../trust/index.ts");
    const signature =
      options.sign && signer ? await signManifest(repository, descriptor, { signer, clock, signal }) : undefined;
    const { files } = imported.artifact;
    const result: ImportResult = {
      ...{ kind: "import", schemaVersion: 1, source: source.source, location: source.location },
      ...{ reference: pin(reference, descriptor), name: repository.name },
      ...{ version: imported.version, outcome: imported.outcome, digest: descriptor.digest },
      files: files.length,
      size: files.reduce((sum, file) => sum + file.size, 0),
      ...(signature ? { signature: signature.digest } : {}),
      evidence: imported.evidence.map(({ kind, statement }) => ({ type: kind, statement: statement.digest })),
      notes: [...notes],
    };
    return { result };
  });
}

/** Statements are signed; without a key the model comes alone, and the notes say so. */
async function wantedSigner(context: Context, options: ImportOptions) {
  const isAsked = options.sign || options.key !== undefined || options.keyless === true;
  if (!isAsked && context.config.signing?.key === undefined) return undefined;
  return openSigner(context, options);
}

function ownership({ config }: Context, { owner = config.model?.owner, license }: ImportOptions) {
  return { ...(owner ? { owner } : {}), ...(license.length > 0 ? { licenses: [...license] } : {}) };
}

function render(result: ImportResult): string {
  const again = result.outcome === "present" ? " (this content was there already)" : "";
  return [
    `from ${safe(result.location)}: ${count(result.files, "file")}, ${formatBytes(result.size)}`,
    `${safe(result.name)}:${result.version}${again}`,
    ...result.evidence.map(({ type, statement }) => `${type.padEnd(9)} ${statement}`),
    ...(result.signature ? [`signed    ${result.signature}`] : []),
    ...(result.writtenBack ? [`written back as ${result.writtenBack}`] : []),
    safe(result.reference),
  ].join("\n");
}
