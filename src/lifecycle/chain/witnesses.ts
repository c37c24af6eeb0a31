import { lackingWitness, type ProvenTime, type Thresholds } from "../../trust/proven.ts";
import type { Verification } from "../../trust/verification.ts";
import { durationMs, formatDuration } from "../duration.ts";
import type { Policy } from "../policy/policy.ts";
import type { TransitionRecord } from "./record.ts";

/** What became of the log entries and timestamps that came with a record. */
export type Witnesses =
  /** They hold, each of them. Earliest time first; none where a log holds the record and signs no time. */
  | { readonly times: readonly ProvenTime[]; readonly logs: readonly string[] }
  /** They do not hold. */
  | { readonly invalid: string }
  /** So many were not looked at, since no trusted root was given. */
  | { readonly unchecked: number };

/** When a record was written: by its own word, and as far as it is proven. */
export interface RecordTime {
  /**
   * `claimed`: its signer's word alone. `proven`: witnesses say the same. `disputed`: they say another time. `invalid`:
   * what came with it does not hold. `unchecked`: nobody looked.
   */
  readonly status: "claimed" | "proven" | "disputed" | "invalid" | "unchecked";
  /** RFC 3339. */
  readonly recordedAt: string;
  /** The signature was there then: the earliest that a witness says. RFC 3339. */
  readonly provenAt?: string;
  /** The largest difference between the record's word and a witness's, either way. Milliseconds. */
  readonly differenceMs?: number;
  /** URLs of those who told the time. */
  readonly authorities: readonly string[];
  /** URLs of the transparency logs that hold it. */
  readonly logs: readonly string[];
  /** With `invalid`: why. */
  readonly reason?: string;
}

/** How far apart both times may be where the policy says nothing about it. */
const defaultDifference = "10m";

/** What a verified statement's witnesses come to; `undefined` when it has none. */
export function witnessesOf({ proven, unchecked, unproven }: Verification): Witnesses | undefined {
  if (proven) {
    const { logEntries, times } = proven;
    return { times: times.map((time) => ({ ...time })), logs: [...new Set(logEntries.map(({ log }) => log))] };
  }
  if (unproven !== undefined) return { invalid: unproven };
  return unchecked && { unchecked: unchecked.logEntries + unchecked.timestamps };
}

/** Compares a record's own word with that of its witnesses. */
export function recordTime(
  { record, witnesses }: { readonly record: TransitionRecord; readonly witnesses?: Witnesses },
  policy: Policy,
): RecordTime {
  const { recordedAt } = record;
  const nobody = { recordedAt, authorities: [], logs: [] };
  if (!witnesses) return { status: "claimed", ...nobody };
  if ("invalid" in witnesses) return { status: "invalid", ...nobody, reason: witnesses.invalid };
  if ("unchecked" in witnesses) return { status: "unchecked", ...nobody };
  const { logs, times } = witnesses;
  const [first] = times;
  if (!first) return { status: "claimed", ...nobody, logs };
  const differenceMs = Math.max(...times.map(({ time }) => Math.abs(Date.parse(time) - Date.parse(recordedAt))));
  return {
    status: differenceMs <= allowedMs(policy) ? "proven" : "disputed",
    ...{ recordedAt, provenAt: first.time, differenceMs, logs },
    authorities: [...new Set(times.map(({ authority }) => authority))],
  };
}

/**
 * Says what a record lacks that the policy asks for. Records by their own word from before the rule are left alone: no
 * record can be written before the one it follows, so that the first one under the rule ends that.
 */
export function witnessProblem(verification: Verification, record: TransitionRecord, policy: Policy) {
  const rule = policy.witnesses;
  if (!rule || (rule.since !== undefined && Date.parse(record.recordedAt) < Date.parse(rule.since))) return undefined;
  const { proven, unproven } = verification;
  if (unproven !== undefined) return `no witness to it holds: ${unproven}`;
  if (!proven) return `it has no witness that was verified, expected ${demanded(rule)}`;
  const lacking = lackingWitness(proven, rule);
  if (lacking !== undefined) return `it has too few witnesses: ${lacking}`;
  const witnesses = witnessesOf(verification);
  const time = recordTime({ record, ...(witnesses ? { witnesses } : {}) }, policy);
  if (time.status !== "disputed") return undefined;
  const apart = formatDuration(time.differenceMs ?? 0);
  return `it says it was recorded at ${record.recordedAt}, and ${time.authorities.join(", ")} first saw it at ${time.provenAt}: ${apart} apart, expected at most ${rule.maxDifference}`;
}

function demanded({ logs = 0, times = 0 }: Thresholds): string {
  return [...(times > 0 ? [`${times} of its time`] : []), ...(logs > 0 ? [`${logs} transparency logs`] : [])].join(
    " and ",
  );
}

function allowedMs({ witnesses }: Policy): number {
  return durationMs(witnesses?.maxDifference ?? defaultDifference);
}
