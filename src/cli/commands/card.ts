import { stat, writeFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import type { CardField } from "../../evidence/index.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { readEvidenceFiles } from "../options/evidence-files.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { withTarget } from "../options/target.ts";
import type { Paint } from "../render/paint.ts";
import { safe } from "../render/text.ts";
import type { CardInitResult, CardLintResult } from "../results/card.ts";

type InitOptions = RegistryOptions & PolicyOptions & { readonly output?: string };

interface LintOptions {
  readonly require?: string;
  readonly failOnWarn?: boolean;
}

export const command: CommandModule = {
  define(program, act) {
    const card = program.command("card").description("write and check model cards");
    const init = card
      .command("init [source]")
      .description(
        "write a card to be filled in, with what the weights of a directory or a version say; never overwrites",
      )
      .option("-o, --output <file>", "where to write it; default: README.md, in the directory if one is given")
      .action((source: string | undefined, options: InitOptions) =>
        act(renderInit, (context) => initCard(context, source, options)),
      );
    addPolicyOptions(addRegistryOptions(init));
    addExamples(init, [
      { line: "mreg card init model -o CARD.md", does: "a card for the model in the directory" },
      {
        line: "mreg card init risk:v1 -o CARD-v1.md",
        does: "a card for a version in the registry, without downloading it",
      },
    ]);
    const lint = card
      .command("lint <file>")
      .description("which of the fields that a complete card has are filled, and on which line")
      .option("--require <fields>", "core fields that must be filled, with commas between; default: all")
      .option("--fail-on-warn", "end with 10 when one of them is not")
      .action((file: string, options: LintOptions) => act(renderLint, (context) => lintFile(context, file, options)));
    addExamples(lint, [
      { line: "mreg card lint model/README.md", does: "the score, and what is missing" },
      {
        line: "mreg card lint model/README.md --require riskClass,owners --fail-on-warn --format json",
        does: "the same for a pipeline that insists on two fields",
      },
    ]);
  },
};

async function initCard(
  context: Context,
  source: string | undefined,
  options: InitOptions,
): Promise<Outcome<CardInitResult>> {
  const { cardFacts, cardTemplate, lintCard } = await import("../../evidence/index.ts");
  const { inspectDirectory } = await import("../../model/index.ts");
  const directory = source === undefined ? undefined : resolve(context.cwd, source);
  const isDirectory = directory !== undefined && (await isDirectoryPath(directory));
  const output = options.output ?? (isDirectory ? `${directory}/README.md` : "README.md");
  const path = resolve(context.cwd, output);
  if (await stat(path).catch(() => undefined)) throw new UsageError(`${output} is there already; nothing was written`);
  const { signal } = context;
  const { facts, name } =
    source === undefined
      ? { facts: {}, name: undefined }
      : isDirectory
        ? { facts: cardFacts(await inspectDirectory(directory, { signal })), name: source }
        : await factsOfVersion(context, source, options);
  const owner = context.config.model?.owner;
  const text = cardTemplate({ ...(owner === undefined ? {} : { owners: [owner] }), ...facts });
  await writeFile(path, text, { flag: "wx" });
  const { fields } = lintCard({ path: "README.md", bytes: Buffer.from(text) });
  return {
    result: {
      kind: "card-init",
      schemaVersion: 1,
      file: relative(context.cwd, path),
      ...(name === undefined ? {} : { source: name }),
      toFill: fields.filter(({ status }) => status !== "filled").map(({ field }) => field),
    },
  };
}

async function isDirectoryPath(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function factsOfVersion(context: Context, ref: string, options: InitOptions) {
  const { inspectModel, readModel } = await import("../../model/index.ts");
  const { cardFacts } = await import("../../evidence/index.ts");
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository }) => {
    const { signal } = context;
    const view = await readModel(repository, descriptor, { signal });
    const { annotations, config } = view;
    const { architecture, format, paramSize, precision, quantization } = config?.config ?? {};
    const license = config?.descriptor?.licenses?.join(" AND ") ?? annotations["org.opencontainers.image.licenses"];
    const owner = annotations["dev.mreg.owner"];
    const facts = {
      name: annotations["dev.mreg.name"] ?? repository.name,
      architecture,
      format,
      paramSize,
      precision,
      quantization,
      family: config?.descriptor?.family,
      license,
      owners: owner === undefined ? undefined : [owner],
      baseModel: annotations["org.opencontainers.image.base.name"],
    };
    const known = Object.entries(facts).filter(([, value]) => value !== undefined);
    // What was declared at the push counts more than what its files look like.
    const found = cardFacts(await inspectModel(repository, view, { signal }));
    return { facts: { ...found, ...Object.fromEntries(known) }, name: pinned };
  });
}

async function lintFile(context: Context, file: string, options: LintOptions): Promise<Outcome<CardLintResult>> {
  const { coreCardFields, lintCard } = await import("../../evidence/index.ts");
  const required = requiredFields(options.require, coreCardFields);
  const [source] = await readEvidenceFiles(context, [file], "card");
  if (!source) throw new UsageError("card lint needs a file");
  const { format, fields, filled } = lintCard(source);
  const result: CardLintResult = {
    kind: "card-lint",
    schemaVersion: 1,
    file,
    format,
    score: { filled, of: fields.length },
    fields: fields.map(({ ...finding }) => ({ ...finding, required: required.includes(finding.field) })),
  };
  const isComplete = fields.every(({ field, status }) => status === "filled" || !required.includes(field));
  return { result, ...(isComplete || !options.failOnWarn ? {} : { exitCode: exitCodes.warnings }) };
}

function requiredFields(given: string | undefined, all: readonly CardField[]): readonly string[] {
  if (given === undefined) return all;
  const fields = given.split(",").map((field) => field.trim());
  const unknown = fields.find((field) => !(all as readonly string[]).includes(field));
  if (unknown === undefined) return fields;
  throw new UsageError(`--require names ${JSON.stringify(unknown)}, expected some of ${all.join(", ")}`);
}

const renderInit = ({ file, toFill }: CardInitResult): string => `${safe(file)}\nto fill in: ${toFill.join(", ")}`;

/** One line per field in the way of compilers, so that editors find the place. */
function renderLint({ file, fields, score }: CardLintResult, paint: Paint): string {
  const lines = fields
    .filter(({ status }) => status !== "filled")
    .map(({ field, line, message, required }) => {
      const place = line === undefined ? safe(file) : `${safe(file)}:${line}`;
      return `${required ? paint.bad("✗") : "·"} ${place}: ${field} ${safe(message ?? "")}`;
    });
  return [...lines, `${score.filled} of ${score.of} fields`].join("\n");
}
