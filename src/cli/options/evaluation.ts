import { type Command, Option } from "commander";
import type { EvalInput, EvidenceInput, MetricDirection } from "../../evidence/index.ts";
import { parseDigest } from "../../oci/digest.ts";
import { UsageError } from "../errors.ts";
import { gather } from "./values.ts";

/** What a results file of an evaluation does not say itself. */
export interface EvaluationOptions {
  readonly environment?: "offline" | "shadow" | "canary";
  readonly suite?: string;
  readonly from?: string;
  readonly direction?: readonly string[];
  readonly map?: readonly string[];
  readonly dataset?: string;
  readonly seed?: readonly string[];
  readonly plan?: string;
}

const directions: readonly string[] = ["higher", "lower", "ignore"] satisfies readonly MetricDirection[];

/** Adds the flags that speak of evaluations; each fills a gap in a results file and contradicts none. */
export function addEvaluationOptions(command: Command): Command {
  return command
    .addOption(new Option("--environment <name>", "where an evaluation ran").choices(["offline", "shadow", "canary"]))
    .option("--suite <name@version>", "suite that the results belong to")
    .option("--from <format>", "format of the results, where they look like several")
    .option("--direction <metric=higher|lower|ignore>", "whether more of a metric is better, repeatable", gather)
    .option("--map <field=place>", "column, path or =value of a field, for CSV and JSON of no tool, repeatable", gather)
    .option("--dataset <uri[@digest]>", "data that was evaluated on")
    .option("--seed <name=value>", "a seed of the run, repeatable", gather)
    .option("--plan <digest>", "statement of the eval-plan that this run carries out");
}

/** What the flags say, in the form of the readers. @throws {@link UsageError} for a flag of another form. */
export function evaluationInput(options: EvaluationOptions): Pick<EvidenceInput, "environment" | "suite" | "eval"> {
  const { environment, suite, from, dataset, plan } = options;
  const input: EvalInput = {
    ...(from === undefined ? {} : { format: from }),
    ...(options.direction ? { directions: parseDirections(options.direction) } : {}),
    ...(options.map ? { map: pairs("--map", "field=place", options.map) } : {}),
    ...(options.seed ? { seeds: pairs("--seed", "name=value", options.seed) } : {}),
    ...(dataset === undefined ? {} : { dataset: parseDataset(dataset) }),
    ...(plan === undefined ? {} : { plan: parseDigest(plan) }),
  };
  return {
    ...(environment === undefined ? {} : { environment }),
    ...(suite === undefined ? {} : { suite: parseSuite(suite) }),
    ...(Object.keys(input).length > 0 ? { eval: input } : {}),
  };
}

function parseSuite(text: string): { name: string; version: string } {
  const at = text.lastIndexOf("@");
  const [name, version] = [text.slice(0, at), text.slice(at + 1)];
  if (at > 0 && version !== "") return { name, version };
  throw new UsageError(`--suite is ${JSON.stringify(text)}, expected <name>@<version>`);
}

function parseDataset(text: string): NonNullable<EvalInput["dataset"]> {
  const [, uri = "", algorithm = "", hex = ""] = /^(.+)@(sha256|sha512):([0-9a-f]+)$/.exec(text) ?? [];
  if (uri === "") return { uri: text };
  parseDigest(`${algorithm}:${hex}`);
  return { uri, digest: { [algorithm]: hex } };
}

/** The last equals sign counts: metrics have them in their names. */
export function parseDirections(given: readonly string[]): Record<string, MetricDirection> {
  const entries = given.map((text) => {
    const equals = text.lastIndexOf("=");
    const [metric, direction] = [text.slice(0, equals), text.slice(equals + 1)];
    if (equals > 0 && directions.includes(direction)) return [metric, direction as MetricDirection] as const;
    throw new UsageError(`--direction is ${JSON.stringify(text)}, expected <metric>=higher, lower or ignore`);
  });
  return Object.fromEntries(entries);
}

function pairs(flag: string, form: string, given: readonly string[]): Record<string, string> {
  const entries = given.map((text) => {
    const equals = text.indexOf("=");
    if (equals > 0 && equals < text.length - 1) return [text.slice(0, equals), text.slice(equals + 1)] as const;
    throw new UsageError(`${flag} is ${JSON.stringify(text)}, expected ${form}`);
  });
  const names = entries.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`${flag} names ${JSON.stringify(twice)} twice`);
  return Object.fromEntries(entries);
}
