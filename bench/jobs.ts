import type { Job } from "./job.ts";
import {
  firstPush,
  firstPushDockerRegistry,
  firstPushTls,
  firstPushZot,
  pushShards,
  pushTwoFiles,
} from "./jobs/first-push.ts";
import { inspect } from "./jobs/inspect.ts";
import { memory } from "./jobs/memory.ts";
import { nextVersion, nextVersionElsewhere, nextVersionHeader, nextVersionResharded } from "./jobs/next-version.ts";
import {
  pull,
  pullCapped5,
  pullCapped25,
  pullDockerRegistry,
  pullLatency,
  pullShards,
  pullTls,
  pullZot,
} from "./jobs/pull.ts";
import { pullPresent } from "./jobs/pull-again.ts";
import { pushOneShard, pushUnchanged } from "./jobs/push-again.ts";
import { resume } from "./jobs/resume.ts";
import { pullSmall, pushSmall } from "./jobs/small-files.ts";
import { start } from "./jobs/start.ts";
import { verify, verifyKeyless } from "./jobs/verify.ts";

/** The rows of RESULTS.md, in its order. */
export const jobs: readonly Job[] = [
  firstPush,
  firstPushTls,
  firstPushDockerRegistry,
  firstPushZot,
  pushTwoFiles,
  pushShards,
  pushUnchanged,
  pushOneShard,
  pull,
  pullTls,
  pullDockerRegistry,
  pullZot,
  pullShards,
  pullPresent,
  resume,
  pushSmall,
  pullSmall,
  pullCapped25,
  pullCapped5,
  pullLatency,
  nextVersion,
  nextVersionElsewhere,
  nextVersionResharded,
  nextVersionHeader,
  inspect,
  start,
  verify,
  verifyKeyless,
  memory,
];
