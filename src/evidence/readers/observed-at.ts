import type { JsonValue } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import { ForeignTimestamp } from "../predicates/resource.ts";
import { evaluatedAt } from "./evaluated-at.ts";

/** What an observation is dated by. */
export interface ObservedAtOptions {
  readonly now: Date;
  readonly file: string;
  /** The time that the caller gives, for reports that hold none. */
  readonly given?: string | undefined;
}

/**
 * The time that a report is of, in UTC: what it says itself, else what the caller says.
 *
 * The time of attaching is no substitute, since an old report would look fresh.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INCOMPLETE` without a time, `EVIDENCE_INVALID` for one that is none, or lies
 * in the future.
 */
export function observedAt(stated: JsonValue | undefined, { now, file, given }: ObservedAtOptions): string {
  const time = stated ?? given;
  if (time === undefined || time === "") {
    const message = "it does not say when this was observed, expected observedAt, or --observed-at";
    throw new EvidenceError("EVIDENCE_INCOMPLETE", message, { file, missing: ["observedAt"] });
  }
  const text = typeof time === "string" ? time : "that is no text";
  const isTimestamp = ForeignTimestamp.safeParse(text).success;
  return evaluatedAt(new Date(isTimestamp ? text : Number.NaN), text.slice(0, 60), { now, file });
}
