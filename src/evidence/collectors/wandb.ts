import { realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import type { JsonValue } from "../../base/json.ts";
import { type JsonObject, objectOf, textIn } from "../readers/json-file.ts";
import { parseYamlObject } from "../readers/yaml-file.ts";
import { type Collector, commitIn, type Facts, type Finding } from "./finding.ts";
import { namesIn, readSmallText } from "./small-file.ts";

const runPattern = /^(?:offline-)?run-([0-9]{8})_([0-9]{6})-([A-Za-z0-9_-]{1,128})$/;

/**
 * The last run of Weights & Biases below `wandb/`, by the files that it leaves: `config.yaml`, `wandb-metadata.json`.
 *
 * An offline run keeps them in a binary log, which is not read: it gives the run's id alone. Host, user, arguments and
 * paths are left out, since they say more about somebody's machine than about the run.
 */
export const wandbCollector: Collector = {
  name: "wandb",
  collect: async ({ directories }) => {
    for (const directory of directories) {
      const run = await lastRun(join(directory, "wandb"));
      if (run) return [await findingOf(run)];
    }
    return [];
  },
};

async function lastRun(directory: string): Promise<string | undefined> {
  const latest = await realpath(join(directory, "latest-run")).catch(() => undefined);
  if (latest !== undefined && runPattern.test(basename(latest))) return latest;
  const stamp = (name: string) => runPattern.exec(name)?.slice(1, 3).join("") ?? "";
  const names = (await namesIn(directory)).filter((name) => runPattern.test(name));
  const newest = names.sort((a, b) => stamp(b).localeCompare(stamp(a)))[0];
  return newest === undefined ? undefined : join(directory, newest);
}

async function findingOf(directory: string): Promise<Finding> {
  const name = basename(directory);
  const id = runPattern.exec(name)?.[3] ?? name;
  const metadata = await readObject(directory, "wandb-metadata.json");
  const { _wandb, ...config } = (await readObject(directory, "config.yaml")) ?? {};
  const hyperparameters = Object.fromEntries(Object.entries(config).map(([key, field]) => [key, unwrapped(field)]));
  return {
    source: `wandb/${name}`,
    facts: {
      run: `wandb:run/${id}`,
      started: timeOf(metadata?.["startedAt"]),
      ...codeOf(objectOf(metadata?.["git"])),
      ...environmentOf(metadata),
      parameters: {
        ...(Object.keys(hyperparameters).length > 0 ? { hyperparameters } : {}),
        ...(metadata?.["program"] ? { entryPoint: basename(textIn(metadata["program"])) } : {}),
      },
    },
  };
}

function codeOf(git: JsonObject | undefined): Pick<Facts, "code"> {
  const commit = commitIn(textIn(git?.["commit"]));
  return commit === undefined ? {} : { code: { commit, repo: textIn(git?.["remote"]) || undefined } };
}

function environmentOf(metadata: JsonObject | undefined): Pick<Facts, "environment"> {
  const kept = ["os", "python", "gpu", "gpu_count", "cudaVersion"].flatMap((key) => {
    const value = metadata?.[key];
    return typeof value === "string" ? [[key, value.slice(0, 200)] as const] : [];
  });
  return kept.length > 0 ? { environment: Object.fromEntries(kept) } : {};
}

/** A field of `config.yaml` is `{ desc, value }`. */
function unwrapped(field: JsonValue): JsonValue {
  const wrapped = objectOf(field);
  return wrapped && "value" in wrapped ? (wrapped["value"] ?? null) : field;
}

/** JSON is YAML, too, and so its numbers stay text. */
async function readObject(directory: string, name: string): Promise<JsonObject | undefined> {
  const text = await readSmallText(join(directory, "files", name));
  return text === undefined || text.trim() === "" ? undefined : parseYamlObject(text, name);
}

/** W&B writes UTC, with or without saying so. */
function timeOf(value: unknown): string | undefined {
  const [, time] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*Z?$/.exec(textIn(value)) ?? [];
  const date = new Date(`${time}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
