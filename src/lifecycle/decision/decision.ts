import type { Digest } from "../../base/digest.ts";
import type { TransitionKind } from "../policy/schema.ts";

/**
 * Why a gate says no. Stable: people search for them, and scripts branch on them.
 *
 * 1xx evidence that is missing or cannot be used, 2xx what evidence says, 3xx who, 4xx the model's own history.
 */
export const gateCodes = {
  missing: "MREG-E101",
  untrusted: "MREG-E102",
  stale: "MREG-E103",
  malformed: "MREG-E104",
  incomplete: "MREG-E105",
  future: "MREG-E106",
  gone: "MREG-E107",
  ownerMissing: "MREG-E110",
  licenseRefused: "MREG-E111",
  riskClassUnknown: "MREG-E112",
  personalData: "MREG-E113",
  nameRefused: "MREG-E114",
  belowBaseline: "MREG-E201",
  belowThreshold: "MREG-E202",
  incomparable: "MREG-E203",
  partial: "MREG-E204",
  metricMissing: "MREG-E205",
  claimFailed: "MREG-E206",
  noChampion: "MREG-E207",
  tooFewSamples: "MREG-E208",
  imported: "MREG-E209",
  scanFailed: "MREG-E210",
  scanUncovered: "MREG-E211",
  referenceMissing: "MREG-E220",
  sliceMissing: "MREG-E230",
  sliceBelow: "MREG-E231",
  categoryMissing: "MREG-E232",
  categoryBelow: "MREG-E233",
  suiteRetired: "MREG-E240",
  holdoutTooSmall: "MREG-E241",
  planMissing: "MREG-E242",
  planDeparted: "MREG-E243",
  attemptsExceeded: "MREG-E244",
  overlap: "MREG-E245",
  conditionFailed: "MREG-E250",
  evaluationError: "MREG-E251",
  monitoringBreached: "MREG-E260",
  monitoringIncomplete: "MREG-E261",
  requesterUnauthorized: "MREG-E301",
  approvalsMissing: "MREG-E310",
  soaking: "MREG-E401",
  neverInState: "MREG-E402",
  noReplacement: "MREG-E403",
  sunsetMissing: "MREG-E404",
  sunsetRunning: "MREG-E405",
  consumersRemain: "MREG-E406",
  reasonMissing: "MREG-E407",
  emergencyIncomplete: "MREG-E408",
  held: "MREG-E409",
  followUpOverdue: "MREG-E410",
  successorUnfit: "MREG-E411",
  slotUnfit: "MREG-E412",
  policyOlder: "MREG-E413",
  policyEdited: "MREG-E414",
  policyRenamed: "MREG-E415",
} as const;
export type GateCode = (typeof gateCodes)[keyof typeof gateCodes] | "MREG-OK";

/** A signed statement that a gate looked at. */
export interface EvidenceReference {
  /** Of the manifest that carries the bundle. */
  readonly digest: Digest;
  /** What the policy calls the signer. */
  readonly signer: string;
  /** When, by the statement's own word. RFC 3339. */
  readonly time?: string;
}

/** What one gate found. */
export interface GateResult {
  /** As the policy names it. */
  readonly gate: string;
  /** `MREG-OK` exactly when it passed. */
  readonly code: GateCode;
  readonly passed: boolean;
  /** One line: what was found and what was expected. */
  readonly reason: string;
  /** What was judged; for a denial, also what could not be counted. */
  readonly evidence: readonly EvidenceReference[];
  /** What to do, usually an mreg command. */
  readonly fix?: string;
  /** Persons who can do it. */
  readonly who?: readonly string[];
  /** Gates that could not be judged because this one failed: an exception from this one alone does not pass them. */
  readonly parts?: readonly string[];
  /** Why the failure does not deny. Never there when the gate passed. */
  readonly waiver?: Waiver;
}

/** A failed gate that only warns: the policy audits it, or it is not in force yet, or somebody signed an exception. */
export interface Waiver {
  readonly by: "audit" | "effective-on" | "exception";
  /** One line, for people. */
  readonly reason: string;
  /** When it ends. RFC 3339. */
  readonly until?: string;
  /** The exception's digest and signer. */
  readonly evidence?: EvidenceReference;
}

/** Tells whether a gate stops the move. */
export function denies({ passed, waiver }: GateResult): boolean {
  return !passed && waiver === undefined;
}

/** Tells whether a decision, even one that allows, has something in it that only warns. */
export function warns({
  gates,
  weakened,
}: {
  readonly gates: readonly { readonly waiver?: unknown }[];
  readonly weakened: readonly string[];
}): boolean {
  return weakened.length > 0 || gates.some(({ waiver }) => waiver !== undefined);
}

/** The answer to "may this version move?", with every gate's result, passed ones too. */
export interface Decision {
  readonly model: string;
  readonly version: number;
  /** Of the model manifest. */
  readonly digest: Digest;
  readonly from: string;
  readonly to: string;
  readonly kind: TransitionKind;
  readonly policy: PolicyReference;
  /** In which ways the policy drops the invariant; not empty only when it says so itself. */
  readonly weakened: readonly string[];
  readonly allowed: boolean;
  readonly gates: readonly GateResult[];
  /** Digests of all trusted evidence about the version, sorted: what approvals and records bind. */
  readonly evidence: readonly Digest[];
  /** The one digest that names all of `evidence`. */
  readonly evidenceSet: Digest;
  /** Digests of the approvals that counted. */
  readonly approvals: readonly Digest[];
  /** Who asks, when that is known. */
  readonly requester?: { readonly name: string; readonly person: string; readonly roles: readonly string[] };
  /** RFC 3339. */
  readonly decidedAt: string;
}

export interface PolicyReference {
  readonly name: string;
  readonly version: number;
  readonly digest: Digest;
}
