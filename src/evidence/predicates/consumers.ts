import { z } from "zod";
import { consumerLimit } from "../limits.ts";
import { FileReference, Name, Timestamp } from "./resource.ts";

/** One user of a version. `count` is a number of instances or clients; absent: at least one. */
const Consumer = z.strictObject({
  name: Name,
  team: Name.optional(),
  contact: Name.optional(),
  /** Where it runs: `production`, `staging`, … Absent: not known, and taken for any. */
  environment: Name.optional(),
  count: z.int().min(0).optional(),
});

/**
 * Who uses a version, as of some time, `https://mreg.dev/consumers/v1`.
 *
 * Zero is a statement too: an empty list, or a consumer with `count: 0`, says that nobody uses it any more.
 */
export const Consumers = z.strictObject({
  /** The time that the count is of. */
  observedAt: Timestamp,
  /** How it is known: an access log, a service catalogue, a question to the teams. */
  source: Name.optional(),
  /** Environments that were looked at. Absent: all. */
  environments: z.array(Name).min(1).max(100).optional(),
  consumers: z.array(Consumer).max(consumerLimit),
  evidence: z.array(FileReference).optional(),
});
export type Consumers = Readonly<z.infer<typeof Consumers>>;
export type Consumer = Consumers["consumers"][number];

/**
 * The consumers that are left, in one environment or in any.
 *
 * A consumer whose environment is not known counts in each: leaving it out of a statement must not make it vanish.
 */
export function remainingConsumers({ consumers }: Consumers, environment?: string): readonly Consumer[] {
  return consumers.filter(
    (consumer) =>
      consumer.count !== 0 &&
      (environment === undefined || consumer.environment === undefined || consumer.environment === environment),
  );
}

/** Tells whether a statement is about this environment at all; one that looked elsewhere proves nothing there. */
export function coversEnvironment({ environments }: Consumers, environment: string): boolean {
  return environments === undefined || environments.includes(environment);
}
