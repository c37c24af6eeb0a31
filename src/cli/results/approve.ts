import { z } from "zod";

export const ApproveResult = z.object({
  kind: z.literal("approve"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  digest: z.string(),
  from: z.string(),
  to: z.string(),
  approval: z.string().describe("digest of the signed approval's manifest"),
  expiresAt: z.string(),
});
export type ApproveResult = z.infer<typeof ApproveResult>;
