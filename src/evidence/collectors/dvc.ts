import { join } from "node:path";
import type { JsonValue } from "../../base/json.ts";
import { collectedEntryLimit } from "../limits.ts";
import { type JsonObject, objectOf, textIn } from "../readers/json-file.ts";
import { parseYamlObject } from "../readers/yaml-file.ts";
import type { Collector, Finding, FoundDataset } from "./finding.ts";
import { namesIn, readSmallText } from "./small-file.ts";

/** Dependencies of a stage that are programs and their settings. */
const codePattern = /\.(?:py|ipynb|sh|r|jl|sql|ya?ml|toml|json|cfg|ini)$/i;

interface Tracked {
  readonly path: string;
  /** Hexadecimal. */
  readonly md5?: string | undefined;
  readonly isDirectory: boolean;
  readonly uri?: string | undefined;
  readonly revision?: string | undefined;
}

interface Stage {
  readonly name: string;
  readonly deps: readonly Tracked[];
  readonly outs: readonly Tracked[];
  readonly params: JsonObject;
}

/**
 * Data sets and parameters of a DVC pipeline (`dvc.lock`), and data under DVC without one (`*.dvc`).
 *
 * Data sets are what the pipeline starts from: dependencies that no stage makes, and that are no programs.
 */
export const dvcCollector: Collector = {
  name: "dvc",
  collect: async ({ directories }) => {
    for (const directory of directories) {
      const text = await readSmallText(join(directory, "dvc.lock"));
      if (text !== undefined) return lockFindings(parseYamlObject(text, "dvc.lock"));
    }
    for (const directory of directories) {
      const findings = [...(await pointers(directory, "")), ...(await pointers(directory, "data"))];
      if (findings.length > 0) return findings;
    }
    return [];
  },
};

function lockFindings(lock: JsonObject): Finding[] {
  const stages = Object.entries(objectOf(lock["stages"]) ?? {})
    .slice(0, collectedEntryLimit)
    .map(([name, value]) => stageOf(name, objectOf(value) ?? {}));
  const made = new Set(stages.flatMap(({ outs }) => outs.map(({ path }) => path)));
  const inputs = stages.flatMap(({ deps }) => deps).filter(({ path }) => !(made.has(path) || codePattern.test(path)));
  const hyperparameters = Object.assign({}, ...stages.map(({ params }) => params)) as JsonObject;
  const names = stages.map(({ name }) => name).join(", ");
  return [
    {
      source: "dvc.lock",
      facts: {
        datasets: datasetsOf(inputs),
        parameters: {
          ...(Object.keys(hyperparameters).length > 0 ? { hyperparameters } : {}),
          ...(names === "" ? {} : { pipeline: names.slice(0, 500) }),
        },
      },
    },
  ];
}

function stageOf(name: string, stage: JsonObject): Stage {
  const files = Object.values(objectOf(stage["params"]) ?? {});
  const params = Object.assign({}, ...files.map((file) => objectOf(file) ?? {})) as JsonObject;
  return { name, deps: trackedIn(stage["deps"]), outs: trackedIn(stage["outs"]), params };
}

async function pointers(directory: string, below: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of await namesIn(join(directory, below))) {
    if (!name.endsWith(".dvc") || name === ".dvc" || findings.length >= collectedEntryLimit) continue;
    const text = await readSmallText(join(directory, below, name));
    if (text === undefined) continue;
    const source = below === "" ? name : `${below}/${name}`;
    const value = parseYamlObject(text, source);
    const imports = new Map(trackedIn(value["deps"]).map((dep) => [dep.path, dep]));
    const [imported] = imports.values();
    const outs = trackedIn(value["outs"]).map((out) => ({
      ...out,
      path: below === "" ? out.path : `${below}/${out.path}`,
      uri: imported?.uri,
      revision: imported?.revision,
    }));
    const datasets = datasetsOf(outs);
    if (datasets.length > 0) findings.push({ source, facts: { datasets } });
  }
  return findings;
}

function trackedIn(value: JsonValue | undefined): Tracked[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, collectedEntryLimit).flatMap((item) => {
    const entry = objectOf(item);
    const path = textIn(entry?.["path"]).slice(0, 500);
    if (!entry || path === "") return [];
    const [, md5, ending] = /^([0-9a-f]{32})(\.dir)?$/.exec(textIn(entry["md5"])) ?? [];
    const repo = objectOf(entry["repo"]);
    const [uri, revision] = [textIn(repo?.["url"]), textIn(repo?.["rev_lock"])];
    return [{ path, md5, isDirectory: ending !== undefined, uri: uri || undefined, revision: revision || undefined }];
  });
}

function datasetsOf(tracked: readonly Tracked[]): FoundDataset[] {
  const byPath = new Map(tracked.map((one) => [one.path, one]));
  return [...byPath.values()].map(({ path, md5, isDirectory, uri, revision }) => ({
    name: path,
    uri,
    ...(md5 === undefined ? {} : { digest: { md5 } }),
    version: revision ?? (md5 === undefined ? undefined : `md5:${md5}${isDirectory ? ".dir" : ""}`),
  }));
}
