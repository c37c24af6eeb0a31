/** State, policy and history of a model: which version may move where, who moved it, and whether that holds. */

export { Checkpoint, checkpointType } from "./chain/checkpoint.ts";
export { checkCheckpoint, exportCheckpoint } from "./chain/checkpoint-file.ts";
export {
  type Chain,
  type ChainLink,
  foldChain,
  type ModelState,
  type OpenBreakGlass,
  type Rollout,
  type SlotState,
  type VersionState,
} from "./chain/fold.ts";
export { type Fork, findForks } from "./chain/forks.ts";
export { HeadFiles } from "./chain/head-files.ts";
export type { ChainOptions, HeadStore, RememberedHead } from "./chain/heads.ts";
export { beat, requireFreshHead } from "./chain/heartbeat.ts";
export { type ModelStore, readChain } from "./chain/read.ts";
export { TransitionRecord, transitionType } from "./chain/record.ts";
export { type RecordTime, recordTime, type Witnesses } from "./chain/witnesses.ts";
export { findDocument } from "./collect/documents.ts";
export { doubtIn, type Replay, replay } from "./collect/replay.ts";
export type { Circumstances } from "./decision/circumstances.ts";
export { decide } from "./decision/decide.ts";
export {
  type Decision,
  type EvidenceReference,
  type GateCode,
  type GateResult,
  gateCodes,
  type PolicyReference,
} from "./decision/decision.ts";
export type { ForeignStatement, MemberStatement, Situation, WeightFile } from "./decision/situation.ts";
export { LifecycleError, type LifecycleErrorCode } from "./errors.ts";
export { type ApprovalResult, approve } from "./moves/approve.ts";
export { check } from "./moves/check.ts";
export { type Promotion, promote } from "./moves/promote.ts";
export { type ReconcileReport, reconcileTags, type TagConflict } from "./moves/reconcile.ts";
export type { ApproveRequest, CheckRequest, PromoteRequest, TransitionRequest } from "./moves/request.ts";
export { type DefaultPolicyOptions, defaultPolicyYaml } from "./policy/default-policy.ts";
export { parsePolicy } from "./policy/parse.ts";
export {
  hasRole,
  type Member,
  memberByFingerprint,
  type Policy,
  personsInRoles,
  policyTrust,
} from "./policy/policy.ts";
export { type EvidenceRule, PolicyFile, type TransitionKind, type TransitionRule } from "./policy/schema.ts";
export { resolveAlias, resolveInChain, stateOfAlias } from "./state/alias.ts";
export { chainAt, recordsOf, type Sunset, sunsets } from "./state/history.ts";
export { type Servable, servable } from "./state/servable.ts";
export { type ModelStatus, readStatus, type TagAnomaly, type VersionStatus } from "./state/status.ts";
export { type VerifiedState, type VerifyStateOptions, verifyState } from "./state/verify-state.ts";
export { type Explanation, explainServing, explainVersion, type JudgedRecord } from "./state/why.ts";
export { type CarryOptions, type CarryReport, carryModel } from "./versions/carry.ts";
export { recordedModel } from "./versions/recorded-model.ts";
export { type RegisterOptions, type Registration, registerVersion } from "./versions/register.ts";
export {
  type LifecycleTag,
  logTag,
  parseLifecycleTag,
  parseVersionTag,
  rolloutTag,
  stateTag,
  versionTag,
} from "./versions/tags.ts";
