/** State, policy and history of a model: which version may move where, who moved it, and whether that holds. */
export { resolveAlias, resolveInChain, stateOfAlias } from "./alias.ts";
export { type ApprovalResult, approve } from "./approve.ts";
export { type CarryOptions, type CarryReport, carryModel } from "./carry.ts";
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
export { check } from "./check.ts";
export type { Circumstances } from "./circumstances.ts";
export { decide } from "./decide.ts";
export {
  type Decision,
  type EvidenceReference,
  type GateCode,
  type GateResult,
  gateCodes,
  type PolicyReference,
} from "./decision.ts";
export { findDocument } from "./documents.ts";
export { LifecycleError, type LifecycleErrorCode } from "./errors.ts";
export { chainAt, recordsOf, type Sunset, sunsets } from "./history.ts";
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
export { type Promotion, promote } from "./promote.ts";
export { type ReconcileReport, reconcileTags, type TagConflict } from "./reconcile.ts";
export { recordedModel } from "./recorded-model.ts";
export { type RegisterOptions, type Registration, registerVersion } from "./register.ts";
export { doubtIn, type Replay, replay } from "./replay.ts";
export type { ApproveRequest, CheckRequest, PromoteRequest, TransitionRequest } from "./request.ts";
export { type Servable, servable } from "./servable.ts";
export type { ForeignStatement, MemberStatement, Situation, WeightFile } from "./situation.ts";
export { type ModelStatus, readStatus, type TagAnomaly, type VersionStatus } from "./status.ts";
export {
  type LifecycleTag,
  logTag,
  parseLifecycleTag,
  parseVersionTag,
  rolloutTag,
  stateTag,
  versionTag,
} from "./tags.ts";
export { type VerifiedState, type VerifyStateOptions, verifyState } from "./verify-state.ts";
export { type Explanation, explainServing, explainVersion, type JudgedRecord } from "./why.ts";
