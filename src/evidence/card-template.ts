import { open } from "node:fs/promises";
import { stringify } from "yaml";
import { documentLimitBytes } from "../base/limits.ts";
import { readModelConfig } from "../model/model-config.ts";
import { fileReader } from "../model/range-reader.ts";
import { walk } from "../model/walk.ts";
import { weightsFormat } from "../model/weights-format.ts";
import { readWeightsHeader } from "../model/weights-header.ts";
import { summarizeWeights, type WeightsFile, type WeightsSummary } from "../model/weights-summary.ts";

/** What is known about a model before anybody writes a card. Everything in it may come from a registry. */
export interface CardFacts extends WeightsSummary {
  readonly name?: string;
  readonly license?: string;
  readonly owners?: readonly string[];
  readonly baseModel?: string;
}

/**
 * What the weights of a directory say of themselves: their headers, and `config.json`. Nothing is loaded.
 *
 * @throws {@link ModelError} as `walk` and the headers do.
 */
export async function cardFacts(directory: string, options: { signal?: AbortSignal } = {}): Promise<CardFacts> {
  const files: WeightsFile[] = [];
  let config = new Uint8Array();
  for (const { path, location, size } of await walk([directory], options)) {
    const isConfig = path === "config.json" && size <= documentLimitBytes;
    if (!isConfig && weightsFormat(path) === undefined) continue;
    await using handle = await open(location);
    const read = fileReader(handle, size);
    if (isConfig) config = Buffer.from(await read.read(0, size));
    else files.push({ path, size, ...withHeader(await readWeightsHeader(read, path)) });
  }
  return summarizeWeights(files, readModelConfig(config));
}

const withHeader = (header: WeightsFile["header"] | undefined) => (header ? { header } : {});

/** What stands where somebody must write; `card lint` and the gates take it for missing. */
const todo = "TODO";

/**
 * Writes a card to be filled in: front matter with every field that gates ask for, what the weights say filled in, and a
 * heading for each field that takes prose.
 */
export function cardTemplate(facts: CardFacts): string {
  const { name, license, owners, baseModel } = facts;
  const matter = stringify({
    license: line(license ?? todo),
    owners: owners?.map(line) ?? [todo],
    risk_class: todo,
    training_data: [todo],
    ...(baseModel === undefined ? {} : { base_model: line(baseModel) }),
  });
  return [
    "---",
    "# One word for risk_class, such as minimal, limited or high: policies choose their tier by it.",
    matter.trimEnd(),
    "---",
    "",
    `# ${markdown(name ?? "Model")}`,
    "",
    ...weightsTable(facts),
    section("Intended use", "What the model is for, and who may use it."),
    section("Out of scope", "What it must not be used for."),
    section("Limitations", "Where it fails, and for whom."),
    section("Training data", "Data sets with their versions, where training_data above does not say enough."),
    section("Evaluation", "Suites, metrics and results; mreg attach --type eval keeps the numbers."),
    section("Ethics", "Whom it may harm, and what is done about it."),
  ].join("\n");
}

function weightsTable({ format, architecture, family, paramSize, precision, quantization }: CardFacts): string[] {
  const rows = Object.entries({ architecture, family, parameters: paramSize, precision, quantization, format });
  const known = rows.flatMap(([key, value]) => (value === undefined ? [] : [`| ${key} | ${markdown(value)} |`]));
  return known.length === 0 ? [] : ["| weights | |", "|---|---|", ...known, ""];
}

const section = (title: string, explanation: string) => `## ${title}\n\n<!-- ${explanation} -->\n\n${todo}\n`;

/** One line of printable characters, so that a name from a registry makes no front matter of its own. */
const line = (text: string) => text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").slice(0, 200);

/** Text from outside within Markdown: nothing that ends a table, starts a tag or a link. */
const markdown = (text: string) => line(text).replaceAll(/[\\|<>`[\]]/g, (character) => `\\${character}`);
