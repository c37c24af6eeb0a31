import { z } from "zod";
import { DecisionView } from "./decision.ts";

export const CheckResult = z.object({
  kind: z.literal("check"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  decision: DecisionView,
});
export type CheckResult = z.infer<typeof CheckResult>;
