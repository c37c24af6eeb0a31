import { join } from "node:path";
import type { JsonValue } from "../../base/json.ts";
import { collectedEntryLimit } from "../limits.ts";
import { type JsonObject, objectOf, readExactJsonObject, textIn } from "../readers/json-file.ts";
import { splitFrontMatter } from "../readers/markdown.ts";
import { parseYamlObject } from "../readers/yaml-file.ts";
import { type Collector, commitIn, type Facts, type Finding, type FoundDataset } from "./finding.ts";
import { readSmallFile, readSmallText } from "./small-file.ts";

/** Settings of a run that `trainer_state.json` repeats; the log of losses beside them is no input. */
const stateKeys = ["num_train_epochs", "max_steps", "train_batch_size", "trial_params", "logging_steps", "save_steps"];

/** `organisation/name`, as models and data sets are called on the hub; a path on a disk is none. */
const hubPattern = /^[A-Za-z0-9][\w.-]{0,95}(?:\/[A-Za-z0-9][\w.-]{0,95})?$/;

/**
 * What the Hugging Face libraries leave beside the weights: `trainer_state.json`, `adapter_config.json`, the front
 * matter of `README.md`. `training_args.bin` is a pickle and stays closed.
 */
export const huggingFaceCollector: Collector = {
  name: "hugging-face",
  collect: async ({ directories }) => {
    const findings: Finding[] = [];
    for (const directory of directories) {
      for (const [name, read] of readers) {
        if (findings.some(({ source }) => source === name)) continue;
        const facts = await read(join(directory, name));
        if (facts) findings.push({ source: name, facts });
      }
    }
    return findings;
  },
};

const readers: readonly (readonly [name: string, read: (path: string) => Promise<Facts | undefined>])[] = [
  ["adapter_config.json", adapterFacts],
  ["trainer_state.json", trainerFacts],
  ["README.md", cardFacts],
];

async function adapterFacts(path: string): Promise<Facts | undefined> {
  const config = await readObject(path, "adapter_config.json");
  const uri = textIn(config?.["base_model_name_or_path"]);
  if (!config || !hubPattern.test(uri)) return undefined;
  const revision = textIn(config["revision"]) || undefined;
  const commit = commitIn(revision);
  return { baseModel: { uri: hubUri(uri), revision, ...(commit ? { digest: { gitCommit: commit } } : {}) } };
}

async function trainerFacts(path: string): Promise<Facts | undefined> {
  const state = await readObject(path, "trainer_state.json");
  if (!state) return undefined;
  const kept = stateKeys.flatMap((key) => {
    const value = state[key];
    return value === undefined || value === null ? [] : [[key, value] as const];
  });
  return kept.length === 0 ? undefined : { parameters: { hyperparameters: Object.fromEntries(kept) } };
}

async function cardFacts(path: string): Promise<Facts | undefined> {
  const text = await readSmallText(path);
  if (text === undefined) return undefined;
  const { frontMatter } = splitFrontMatter(text);
  if (!frontMatter?.trim()) return undefined;
  const front = parseYamlObject(frontMatter, "README.md");
  const [base] = listOf(front["base_model"]).filter((uri) => hubPattern.test(uri));
  const datasets = listOf(front["datasets"])
    .filter((name) => hubPattern.test(name))
    .map((name): FoundDataset => ({ name, uri: `hf://datasets/${name}` }));
  if (base === undefined && datasets.length === 0) return undefined;
  return { datasets, ...(base === undefined ? {} : { baseModel: { uri: hubUri(base) } }) };
}

const hubUri = (name: string): string => `hf://${name}`;

function listOf(value: JsonValue | undefined): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.slice(0, collectedEntryLimit).flatMap((item) => (typeof item === "string" ? [item] : []));
}

/** With numbers as text: what is signed is what the file says, digit for digit. */
async function readObject(path: string, name: string): Promise<JsonObject | undefined> {
  const bytes = await readSmallFile(path);
  if (!bytes) return undefined;
  return objectOf(readExactJsonObject({ path: name, mediaType: "application/json", bytes }));
}
