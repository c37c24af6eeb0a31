import { isMregError } from "../../base/errors.ts";
import { ciCollector } from "./ci.ts";
import { dvcCollector } from "./dvc.ts";
import type { Collector, Finding, Place } from "./finding.ts";
import { gitCollector } from "./git.ts";
import { huggingFaceCollector } from "./hugging-face.ts";
import { mlflowCollector } from "./mlflow.ts";
import { pythonEnvironmentCollector } from "./python-environment.ts";
import { wandbCollector } from "./wandb.ts";

/** The most trusted first: tools that recorded the run, what the model brings along, then what surrounds the push. */
const collectors: readonly Collector[] = [
  wandbCollector,
  mlflowCollector,
  dvcCollector,
  huggingFaceCollector,
  gitCollector,
  pythonEnvironmentCollector,
  ciCollector,
];

export interface Collected {
  readonly findings: readonly Finding[];
  /** What could not be read, one line each. */
  readonly problems: readonly string[];
}

/**
 * Looks for whatever tells where a model comes from. Runs nothing but `git`, on none of the repository's configuration.
 *
 * A file that cannot be read is a problem to be told, and never the end: nobody asked for it by name.
 */
export async function collectFindings(place: Place): Promise<Collected> {
  const problems: string[] = [];
  const results = await Promise.all(
    collectors.map(async ({ name, collect }) => {
      try {
        return await collect(place);
      } catch (error) {
        place.signal?.throwIfAborted();
        if (!(isMregError(error) || error instanceof Error)) throw error;
        problems.push(`${name}: ${error.message.slice(0, 300)}`);
        return [];
      }
    }),
  );
  return { findings: results.flat(), problems };
}
