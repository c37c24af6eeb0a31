import { z } from "zod";
import { ApproveResult } from "./commands/approve.ts";
import { AttachResult } from "./commands/attach.ts";
import { CheckResult } from "./commands/check.ts";
import { CpResult } from "./commands/cp.ts";
import { DoctorResult } from "./commands/doctor.ts";
import { DoctorStoreResult } from "./commands/doctor-store.ts";
import { GraphResult } from "./commands/graph.ts";
import { InitResult } from "./commands/init.ts";
import { InspectResult } from "./commands/inspect.ts";
import { KeyGenerateResult, KeyPublicResult } from "./commands/key.ts";
import { ListResult } from "./commands/list.ts";
import { LogResult } from "./commands/log.ts";
import { LoginResult } from "./commands/login.ts";
import { LogoutResult } from "./commands/logout.ts";
import { PromoteResult } from "./commands/promote.ts";
import { PullResult } from "./commands/pull.ts";
import { PushResult } from "./commands/push.ts";
import { ResolveResult } from "./commands/resolve.ts";
import { SignResult } from "./commands/sign.ts";
import { StatusResult } from "./commands/status.ts";
import { VerifyResult } from "./commands/verify.ts";

/** What stderr carries under `--format json` when a command fails. */
const ErrorResult = z.object({
  kind: z.literal("error"),
  schemaVersion: z.literal(1),
  code: z.string(),
  message: z.string(),
  advice: z.string().optional(),
  exitCode: z.int(),
});

/** Every JSON document that the program prints, by its `kind`; `schemas/cli/` is generated from it. */
export const resultSchemas = {
  approve: ApproveResult,
  attach: AttachResult,
  check: CheckResult,
  cp: CpResult,
  doctor: DoctorResult,
  "doctor-store": DoctorStoreResult,
  error: ErrorResult,
  graph: GraphResult,
  init: InitResult,
  inspect: InspectResult,
  "key-generate": KeyGenerateResult,
  "key-public": KeyPublicResult,
  list: ListResult,
  log: LogResult,
  login: LoginResult,
  logout: LogoutResult,
  promote: PromoteResult,
  pull: PullResult,
  push: PushResult,
  resolve: ResolveResult,
  sign: SignResult,
  status: StatusResult,
  verify: VerifyResult,
} as const;
