import { stringify } from "yaml";
import type { ModelInspection } from "../model/inspect/inspect.ts";
import { unknownLicense } from "../model/inspect/license-name.ts";
import type { WeightsSummary } from "../model/weights/weights-summary.ts";

/** What is known about a model before anybody writes a card. Everything in it may come from a registry. */
export interface CardFacts extends WeightsSummary {
  readonly name?: string;
  readonly license?: string;
  readonly owners?: readonly string[];
  readonly baseModel?: string;
}

/**
 * What a look into a model tells of its card: the weights' headers and `config.json`, and the licence that its files
 * name. Where they name several, somebody has to say which one counts.
 */
export function cardFacts({ licenses, summary }: Pick<ModelInspection, "licenses" | "summary">): CardFacts {
  const named = new Set(licenses.map(({ text }) => text).filter((text) => text !== unknownLicense));
  const [license] = named;
  return { ...summary, ...(license !== undefined && named.size === 1 ? { license } : {}) };
}

/** What stands where somebody must write; `card lint` and the gates take it for missing. */
const todo = "TODO";

/**
 * Writes a card to be filled in: front matter with every field that gates ask for, what the weights say filled in, and
 * a heading for each field that takes prose.
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
