import { z } from "zod";
import { DecisionView } from "./decision.ts";

export const PromoteResult = z.object({
  kind: z.literal("promote"),
  schemaVersion: z.literal(1),
  outcome: z
    .enum(["promoted", "present", "denied", "withheld"])
    .describe("present: an earlier run of this command did it; withheld: allowed with warnings, and --fail-on-warn"),
  reference: z.string().describe("pinned reference"),
  decision: DecisionView,
  record: z
    .object({ sequence: z.int(), digest: z.string(), tags: z.array(z.string()) })
    .optional()
    .describe("the new link of the chain; absent when nothing was written"),
});
export type PromoteResult = z.infer<typeof PromoteResult>;
