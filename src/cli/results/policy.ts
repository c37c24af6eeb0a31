import { z } from "zod";

export const PolicyInitResult = z.object({
  kind: z.literal("policy-init"),
  schemaVersion: z.literal(1),
  file: z.string(),
  level: z.int(),
  digest: z.string(),
});
export type PolicyInitResult = z.infer<typeof PolicyInitResult>;

export const PolicyLintResult = z.object({
  kind: z.literal("policy-lint"),
  schemaVersion: z.literal(1),
  file: z.string(),
  findings: z.array(
    z.object({
      level: z.enum(["error", "warning"]),
      file: z.string().describe("the policy, or one that it extends"),
      line: z.int(),
      column: z.int(),
      path: z.string(),
      message: z.string(),
    }),
  ),
});
export type PolicyLintResult = z.infer<typeof PolicyLintResult>;

const Move = { from: z.string(), to: z.string(), transition: z.string() };

export const PolicyTestResult = z.object({
  kind: z.literal("policy-test"),
  schemaVersion: z.literal(1),
  tables: z.array(
    z.object({
      file: z.string(),
      policy: z.object({ name: z.string(), version: z.int(), digest: z.string() }),
      cases: z.array(
        z.object({
          name: z.string(),
          from: z.string(),
          to: z.string(),
          passed: z.boolean(),
          expected: z.array(z.string()).describe("gates that deny; empty: allowed"),
          found: z.array(z.string()),
          reasons: z.array(z.string()),
        }),
      ),
      coverage: z.array(
        z.object({ ...Move, gate: z.string(), passes: z.int(), failures: z.int().describe("denials and warnings") }),
      ),
      untested: z.array(z.object(Move)),
    }),
  ),
});
export type PolicyTestResult = z.infer<typeof PolicyTestResult>;

const Who = z.array(z.string()).describe("persons");

const Origin = z
  .array(z.string())
  .optional()
  .describe("of a policy that extends others: which ask for it, such as company@4, from the ground up");

export const PolicyExplainResult = z.object({
  kind: z.literal("policy-explain"),
  schemaVersion: z.literal(1),
  policy: z.object({ name: z.string(), version: z.int(), digest: z.string() }),
  weakened: z.array(z.string()),
  moves: z.array(
    z.object({
      ...Move,
      demands: z.array(
        z.object({ gate: z.string(), text: z.string(), who: Who, mode: z.string().optional(), origin: Origin }),
      ),
      requesters: Who,
      approvals: z.array(z.object({ text: z.string(), who: Who, origin: Origin })),
    }),
  ),
});
export type PolicyExplainResult = z.infer<typeof PolicyExplainResult>;

export const PolicyWhoCanResult = z.object({
  kind: z.literal("policy-who-can"),
  schemaVersion: z.literal(1),
  moves: z.array(
    z.object({
      ...Move,
      requesters: Who,
      approvals: z.array(z.object({ text: z.string(), who: Who })),
      evidence: z.array(z.object({ gate: z.string(), who: Who })),
    }),
  ),
});
export type PolicyWhoCanResult = z.infer<typeof PolicyWhoCanResult>;

export const PolicyPushResult = z.object({
  kind: z.literal("policy-push"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned; --policy takes it"),
  policy: z.object({ name: z.string(), version: z.int(), digest: z.string() }),
});
export type PolicyPushResult = z.infer<typeof PolicyPushResult>;

export const PolicyExceptResult = z.object({
  kind: z.literal("policy-except"),
  schemaVersion: z.literal(1),
  reference: z.string(),
  gate: z.string(),
  ticket: z.string(),
  until: z.string(),
  exception: z.string().describe("digest of the manifest that carries the signed exception"),
});
export type PolicyExceptResult = z.infer<typeof PolicyExceptResult>;
