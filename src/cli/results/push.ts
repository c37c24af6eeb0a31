import { z } from "zod";

export const PushResult = z.object({
  kind: z.literal("push"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  name: z.string(),
  version: z.string(),
  outcome: z.enum(["created", "present"]).describe("present: this content had a version already"),
  digest: z.string(),
  size: z.int().describe("bytes of all files"),
  files: z.array(z.object({ path: z.string(), kind: z.string(), digest: z.string(), size: z.int() })),
  signature: z.string().optional().describe("digest of the signature's manifest"),
  lineage: z.string().optional().describe("digest of the signed statement of where it comes from"),
  index: z.string().optional().describe("digest of the manifest that carries the tensor index, when one was attached"),
  warnings: z.array(z.string()),
});
export type PushResult = z.infer<typeof PushResult>;
