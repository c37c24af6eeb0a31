import { basename, join } from "node:path";
import { collectedEntryLimit, collectedRunLimit } from "../limits.ts";
import { type JsonObject, objectOf, textIn } from "../readers/json-file.ts";
import { parseYamlObject } from "../readers/yaml-file.ts";
import { type Collector, commitIn, type Finding, type FoundDataset } from "./finding.ts";
import { namesIn, readSmallText } from "./small-file.ts";

interface LocalRun {
  readonly directory: string;
  readonly experiment: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly meta: JsonObject;
}

/** Ids of runs and experiments, as they become parts of paths. */
const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The newest run in MLflow's local file store, `mlruns/`, or the one that `MLFLOW_RUN_ID` names.
 *
 * Only that kind of store: a database or a server is asked by `mreg import mlflow`.
 */
export const mlflowCollector: Collector = {
  name: "mlflow",
  collect: async ({ directories, env }) => {
    for (const directory of directories) {
      const runs = await runsIn(join(directory, "mlruns"), env["MLFLOW_RUN_ID"]);
      const newest = runs.sort((a, b) => b.started - a.started)[0];
      if (newest) return [await findingOf(newest, runs.length)];
    }
    return [];
  },
};

async function runsIn(store: string, wanted: string | undefined): Promise<LocalRun[]> {
  const runs: LocalRun[] = [];
  for (const experiment of await namesIn(store)) {
    if (!idPattern.test(experiment)) continue;
    for (const id of await namesIn(join(store, experiment))) {
      if (!/^[0-9a-f]{32}$/.test(id) || (wanted !== undefined && id !== wanted)) continue;
      const directory = join(store, experiment, id);
      const meta = await readMeta(directory);
      if (!meta || textIn(meta["lifecycle_stage"]) === "deleted") continue;
      runs.push({ directory, experiment: join(store, experiment), id, started: Number(meta["start_time"]) || 0, meta });
      if (runs.length >= collectedRunLimit) return runs;
    }
  }
  return runs;
}

async function findingOf({ directory, experiment, id, meta }: LocalRun, runs: number): Promise<Finding> {
  const tag = async (name: string) => (await readSmallText(join(directory, "tags", name)))?.trim().slice(0, 1_000);
  const commit = commitIn(await tag("mlflow.source.git.commit"));
  const entryPoint = await tag("mlflow.source.name");
  const hyperparameters = await valuesIn(join(directory, "params"));
  const datasets = await datasetsOf(directory, experiment);
  const image = await tag("mlflow.docker.image.uri");
  return {
    source: `mlruns/${basename(experiment)}/${id}${runs > 1 ? ` (the newest of ${runs} runs)` : ""}`,
    facts: {
      run: `mlflow:run/${id}`,
      started: timeOf(meta["start_time"]),
      finished: timeOf(meta["end_time"]),
      ...(commit === undefined
        ? {}
        : {
            code: {
              commit,
              repo: await tag("mlflow.source.git.repoURL"),
              branch: await tag("mlflow.source.git.branch"),
            },
          }),
      datasets,
      parameters: {
        ...(Object.keys(hyperparameters).length > 0 ? { hyperparameters } : {}),
        // A path on somebody's machine says more about the machine than about the run.
        ...(entryPoint ? { entryPoint: basename(entryPoint) } : {}),
      },
      ...(image ? { environment: { image } } : {}),
    },
  };
}

async function datasetsOf(directory: string, experiment: string): Promise<FoundDataset[]> {
  const found: FoundDataset[] = [];
  for (const input of (await namesIn(join(directory, "inputs"))).slice(0, collectedEntryLimit)) {
    const link = await readMeta(join(directory, "inputs", input));
    const id = textIn(link?.["source_id"]);
    if (link?.["source_type"] !== "DATASET" || !idPattern.test(id)) continue;
    const dataset = await readMeta(join(experiment, "datasets", id));
    const name = textIn(dataset?.["name"]);
    if (name === "") continue;
    const digest = textIn(dataset?.["digest"]);
    // MLflow's digest is eight characters of its own making: a name of a version, and no digest of bytes.
    found.push({
      name,
      uri: uriOf(textIn(dataset?.["source"])),
      version: digest === "" ? undefined : `mlflow:${digest}`,
    });
  }
  return found;
}

function uriOf(source: string): string | undefined {
  try {
    const uri = textIn(objectOf(JSON.parse(source))?.["uri"]);
    return uri === "" || uri.startsWith("/") || uri.startsWith("file:") ? undefined : uri;
  } catch {
    return undefined;
  }
}

async function valuesIn(directory: string): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const name of (await namesIn(directory)).slice(0, collectedEntryLimit)) {
    const text = await readSmallText(join(directory, name));
    if (text !== undefined) values[name] = text.trim().slice(0, 1_000);
  }
  return values;
}

async function readMeta(directory: string): Promise<JsonObject | undefined> {
  const text = await readSmallText(join(directory, "meta.yaml"));
  return text === undefined ? undefined : parseYamlObject(text, `${basename(directory)}/meta.yaml`);
}

/** Milliseconds since 1970, up to the year 3000. */
function timeOf(value: unknown): string | undefined {
  const text = textIn(value);
  return /^[0-9]{12,14}$/.test(text) && Number(text) < 32_503_680_000_000
    ? new Date(Number(text)).toISOString()
    : undefined;
}
