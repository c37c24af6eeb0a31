import { z } from "zod";
import { evidenceKinds } from "../../evidence/evidence-input.ts";

export const AttachResult = z.object({
  kind: z.literal("attach"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference of the version"),
  digest: z.string(),
  type: z.enum(evidenceKinds),
  predicateType: z.string(),
  statement: z.string().describe("digest of the signed statement's manifest"),
  files: z.string().optional().describe("digest of the manifest that carries the files"),
});
export type AttachResult = z.infer<typeof AttachResult>;
