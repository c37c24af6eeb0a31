import { timestamp } from "../../base/clock.ts";
import { EvidenceError } from "../errors.ts";

/** How far the clock of the machine that ran an evaluation may be ahead; more than NTP ever leaves. */
const clockSkewMs = 5 * 60 * 1000;

/**
 * Writes the time of an evaluation, in UTC.
 *
 * A time in the future is refused: the result would stay younger than a policy's `maxAge` for as long as one likes.
 *
 * @param found - the time as it stands in the file, for the message.
 */
export function evaluatedAt(time: Date, found: string, { now, file }: { now: Date; file: string }): string {
  const ms = time.getTime();
  if (!Number.isFinite(ms) || ms < 0) {
    throw new EvidenceError("EVIDENCE_INVALID", `evaluation time ${found} is not a time`, { file });
  }
  if (ms > now.getTime() + clockSkewMs) {
    const message = `evaluation time ${found} lies in the future, it is ${timestamp(now)}`;
    throw new EvidenceError("EVIDENCE_INVALID", message, { file });
  }
  return timestamp(time);
}
