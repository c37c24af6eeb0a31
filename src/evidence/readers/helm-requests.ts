import type { EvalFiles } from "./eval-files.ts";
import type { EvalRun } from "./eval-run.ts";
import { foundSeconds } from "./found-time.ts";
import { objectAt, objectsOf } from "./json-fields.ts";
import { objectOf } from "./json-file.ts";

/** When HELM asked the model first and last, by `scenario_state.json`: the one file of a run that holds times. */
export function requestTimes(files: EvalFiles): Pick<EvalRun, "startedAt" | "finishedAt"> {
  const times = files.all
    .flatMap((file) => objectsOf(objectOf(files.valueOf(file))?.["request_states"]))
    .flatMap((state) => foundSeconds(objectAt(state, "result")?.["request_datetime"]) ?? [])
    .sort((a, b) => a.time.getTime() - b.time.getTime());
  const [first, last] = [times[0], times.at(-1)];
  return first && last ? { startedAt: first, finishedAt: last } : {};
}
