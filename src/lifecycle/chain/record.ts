import { z } from "zod";
import { referrerLimit } from "../../base/limits.ts";
import { ContentDigest } from "../../evidence/predicates/digest-set.ts";
import { Name, Timestamp } from "../../evidence/predicates/resource.ts";
import { sequenceLimit, statePattern } from "../versions/tags.ts";

const State = z.string().regex(statePattern);

/** A slot of the live state beside the main one, such as `canary` or `green`. */
export const slotPattern = /^[a-z]{1,32}$/;

/** Why somebody did it, in their own words. */
const Reason = z.string().min(1).max(2_000);

/** What skipping the gates was allowed for, and until when. */
const BreakGlass = z.strictObject({
  /** Of the emergency, as the incident system names it. */
  incident: Name,
  /** When the version stops being served unless a follow-up is recorded. */
  expiresAt: Timestamp,
  /** Until when it must be; afterwards nothing else enters the live state. */
  followUpBy: Timestamp,
});

const RecordedStatement = z.strictObject({ predicateType: z.string().min(1), digest: ContentDigest });

/**
 * One link of a model's chain: predicate of an in-toto statement whose subject is the model manifest.
 *
 * Strict: a field that this version does not know might change what the record means, and a reader that skips it would
 * tell another story than the writer.
 */
export const TransitionRecord = z.strictObject({
  /** From 1 on, without a gap. */
  seq: z.int().min(1).max(sequenceLimit),
  /** Bundle manifest of the record before; null in the first. */
  prev: ContentDigest.nullable(),
  /** Repository name: a record copied into another model's repository is not that model's. */
  model: Name,
  /** The version's tag, such as `v4`. */
  version: z.string().regex(/^v[1-9][0-9]{0,14}$/),
  from: State,
  to: State,
  kind: z.enum([
    "register",
    "promote",
    "rollback",
    "retire",
    "archive",
    "revoke",
    "break-glass",
    "import",
    "policy-change",
    "assign",
    "follow-up",
    "hold",
    "release",
  ]),
  /** What the policy called the signer. For people: roles are proven by who signed. */
  requester: Name,
  /** Bundle manifests of the approvals that counted. */
  approvals: z.array(ContentDigest).max(referrerLimit),
  /** All trusted evidence about the version at that moment, whether it spoke for the version or against it. */
  evidence: z.array(RecordedStatement).max(referrerLimit),
  /** The evidence about the champion that the version was compared with. */
  baseline: z.array(RecordedStatement).max(referrerLimit),
  policy: z.strictObject({ name: Name, version: z.int().min(1), digest: ContentDigest }),
  /** Bundle manifest of the verification summary. */
  verdict: ContentDigest,
  /** What production served before; null when it served nothing. */
  previousChampion: ContentDigest.nullable(),
  sunset: z.strictObject({ expiresAt: Timestamp }).optional(),
  /** Of a retirement: the version that takes over. */
  successor: z
    .string()
    .regex(/^v[1-9][0-9]{0,14}$/)
    .optional(),
  reason: Reason.optional(),
  /** The slot of the live state that it is about; absent: the main one. */
  slot: z.string().regex(slotPattern).optional(),
  /** Share of the traffic that the slot takes, in percent; 0 empties it. */
  weight: z.int().min(0).max(100).optional(),
  breakGlass: BreakGlass.optional(),
  /** Of a revocation: since when the version, or the key that signed it, is not to be believed. */
  compromisedSince: Timestamp.optional(),
  ci: z.strictObject({ runUri: z.url() }).optional(),
  /** By the signer's clock; never before the record it follows. */
  recordedAt: Timestamp,
  /** What wrote it, such as `mreg/0.1.0`. */
  tool: Name,
});
export type TransitionRecord = Readonly<z.infer<typeof TransitionRecord>>;

/** The predicate type of records that move a version into `state`: admission engines select statements by type. */
export function transitionType(state: string): string {
  return `https://mreg.dev/transition/${state}/v1`;
}
