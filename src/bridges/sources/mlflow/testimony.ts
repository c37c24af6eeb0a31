import type { Facts, Finding, FoundDataset } from "../../../evidence/collectors/finding.ts";
import { commitIn } from "../../../evidence/collectors/finding.ts";
import type { Measurement } from "../../../evidence/readers/eval-run.ts";
import type { DatasetInput, Metric, Run } from "./answers.ts";
import type { PinnedModel } from "./version.ts";

/**
 * What an MLflow server says of where a model comes from and how good it is. It says so, and can be made to say
 * anything.
 */
export interface Testimony {
  readonly finding: Finding;
  readonly measurements: readonly Measurement[];
  /** Metrics that are no finite number. */
  readonly leftOut: readonly string[];
}

/** @param origin - of the server, without credentials. */
export function testimonyOf({ run, logged, location }: PinnedModel, origin: string): Testimony {
  const metrics = lastOfEach([...(run?.data.metrics ?? []), ...(logged?.data.metrics ?? [])]);
  const isNumber = ({ value }: Metric) => typeof value === "number" && Number.isFinite(value);
  return {
    finding: {
      source: `MLflow at ${origin}, ${run ? `run ${run.info.run_id}` : location}`,
      facts: factsOf(run, logged?.data.params ?? [], origin),
    },
    measurements: metrics.filter(isNumber).map(({ key, value }) => ({ metric: key, value: decimalText(value) })),
    leftOut: metrics.filter((metric) => !isNumber(metric)).map(({ key }) => key),
  };
}

/** A metric is logged once per step; the last one is what the run ended with. */
function lastOfEach(metrics: readonly Metric[]): Metric[] {
  const last = new Map<string, Metric>();
  for (const metric of metrics) {
    const before = last.get(metric.key);
    const isLater =
      !before ||
      (metric.step ?? 0) > (before.step ?? 0) ||
      (metric.step === before.step && (metric.timestamp ?? 0) > (before.timestamp ?? 0));
    if (isLater) last.set(metric.key, metric);
  }
  return [...last.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** The shortest text that is this double: what the server itself prints. */
function decimalText(value: Metric["value"]): string {
  return String(value);
}

type Pair = Run["data"]["tags"][number];

function factsOf(run: Run | undefined, modelParams: readonly Pair[], origin: string): Facts {
  const tags = new Map(run?.data.tags.map(({ key, value }) => [key, value]));
  const tag = (name: string) => tags.get(`mlflow.${name}`)?.slice(0, 1_000) || undefined;
  const commit = commitIn(tag("source.git.commit") ?? tag("databricks.gitRepoCommit"));
  const params = [...(run?.data.params ?? []), ...modelParams];
  const hyperparameters = Object.fromEntries(params.map(({ key, value }) => [key, value.slice(0, 1_000)]));
  const entryPoint = tag("source.name")?.split(/[/\\]/).at(-1);
  const image = tag("docker.image.uri");
  return {
    ...(run ? { run: `mlflow:run/${run.info.run_id}` } : {}),
    started: timeOf(run?.info.start_time),
    finished: timeOf(run?.info.end_time),
    ...(commit ? { code: { commit, repo: tag("source.git.repoURL"), branch: tag("source.git.branch") } } : {}),
    datasets: (run?.inputs.dataset_inputs ?? []).map(datasetOf),
    parameters: {
      ...(Object.keys(hyperparameters).length > 0 ? { hyperparameters } : {}),
      ...(entryPoint ? { entryPoint } : {}),
    },
    environment: {
      mlflow: { server: origin, ...(tag("user") ? { user: tag("user") ?? "" } : {}) },
      ...(image ? { image } : {}),
    },
  };
}

function datasetOf({ dataset: { name, digest, source } }: DatasetInput): FoundDataset {
  // MLflow's digest is eight characters of its own making: a name of a version, and no digest of bytes.
  return { name, uri: uriOf(source), version: digest ? `mlflow:${digest}` : undefined };
}

/** Where the data was, unless that is a path on somebody's machine. */
function uriOf(source: string | undefined): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(source ?? "");
  } catch {
    return undefined;
  }
  const { uri, url, path } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const found = [uri, url].find((one) => typeof one === "string" && /^[a-z][a-z0-9+.-]*:\/\//i.test(one));
  if (typeof found === "string" && !found.startsWith("file:")) return found.slice(0, 2_000);
  return typeof path === "string" && /^[\w.-]+\/[\w.-]+$/.test(path) ? `hf://datasets/${path}` : undefined;
}

/** Milliseconds since 1970, up to the year 3000. */
function timeOf(value: number | undefined): string | undefined {
  return value !== undefined && value > 0 && value < 32_503_680_000_000 ? new Date(value).toISOString() : undefined;
}
