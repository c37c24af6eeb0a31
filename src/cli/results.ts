import { z } from "zod";
import { ApproveResult } from "./results/approve.ts";
import { AttachResult } from "./results/attach.ts";
import { CacheListResult, CachePruneResult, CacheVerifyResult } from "./results/cache.ts";
import { CardInitResult, CardLintResult } from "./results/card.ts";
import { CheckResult } from "./results/check.ts";
import { CpResult } from "./results/cp.ts";
import { DiffResult } from "./results/diff.ts";
import { DoctorResult } from "./results/doctor.ts";
import { DoctorStoreResult } from "./results/doctor-store.ts";
import { EvalExportResult } from "./results/eval.ts";
import { GraphResult } from "./results/graph.ts";
import { ImportResult } from "./results/import.ts";
import { InitResult } from "./results/init.ts";
import { InspectResult } from "./results/inspect.ts";
import { KeyGenerateResult, KeyPublicResult } from "./results/key.ts";
import { LineageImpactResult, LineageShowResult } from "./results/lineage.ts";
import { ListResult } from "./results/list.ts";
import { LogResult } from "./results/log.ts";
import { LoginResult } from "./results/login.ts";
import { LogoutResult } from "./results/logout.ts";
import {
  PolicyExceptResult,
  PolicyExplainResult,
  PolicyInitResult,
  PolicyLintResult,
  PolicyPushResult,
  PolicyTestResult,
  PolicyWhoCanResult,
} from "./results/policy.ts";
import { PromoteResult } from "./results/promote.ts";
import { PullResult } from "./results/pull.ts";
import { PushResult } from "./results/push.ts";
import { ReconcileResult } from "./results/reconcile.ts";
import { ResolveResult } from "./results/resolve.ts";
import { SbomResult } from "./results/sbom.ts";
import { SignResult } from "./results/sign.ts";
import { StatusResult } from "./results/status.ts";
import { SunsetDueResult } from "./results/sunset.ts";
import { TrustResult } from "./results/trust.ts";
import { VerifyResult } from "./results/verify.ts";
import { VerifyHistoryResult } from "./results/verify-history.ts";
import { VerifyOmsResult } from "./results/verify-oms.ts";
import { WhyResult } from "./results/why.ts";

/** What stderr carries under `--format json` when a command fails. */
const ErrorResult = z.object({
  kind: z.literal("error"),
  schemaVersion: z.literal(1),
  code: z.string(),
  message: z.string(),
  advice: z.string().optional(),
  exitCode: z.int(),
});

/**
 * Every JSON document that the program prints, by its `kind`; `schemas/cli/` is generated from it.
 *
 * Commands import the types alone: the schemas are for `npm run schemas` and the tests, and would cost every command
 * the loading of zod.
 */
export const resultSchemas = {
  approve: ApproveResult,
  attach: AttachResult,
  "cache-ls": CacheListResult,
  "cache-prune": CachePruneResult,
  "cache-verify": CacheVerifyResult,
  "card-init": CardInitResult,
  "card-lint": CardLintResult,
  check: CheckResult,
  cp: CpResult,
  diff: DiffResult,
  doctor: DoctorResult,
  "doctor-store": DoctorStoreResult,
  error: ErrorResult,
  "eval-export": EvalExportResult,
  graph: GraphResult,
  import: ImportResult,
  init: InitResult,
  inspect: InspectResult,
  "key-generate": KeyGenerateResult,
  "key-public": KeyPublicResult,
  "lineage-impact": LineageImpactResult,
  "lineage-show": LineageShowResult,
  list: ListResult,
  log: LogResult,
  login: LoginResult,
  logout: LogoutResult,
  "policy-except": PolicyExceptResult,
  "policy-explain": PolicyExplainResult,
  "policy-init": PolicyInitResult,
  "policy-lint": PolicyLintResult,
  "policy-push": PolicyPushResult,
  "policy-test": PolicyTestResult,
  "policy-who-can": PolicyWhoCanResult,
  promote: PromoteResult,
  pull: PullResult,
  push: PushResult,
  reconcile: ReconcileResult,
  resolve: ResolveResult,
  sbom: SbomResult,
  sign: SignResult,
  status: StatusResult,
  "sunset-due": SunsetDueResult,
  trust: TrustResult,
  verify: VerifyResult,
  "verify-history": VerifyHistoryResult,
  "verify-oms": VerifyOmsResult,
  why: WhyResult,
} as const;
