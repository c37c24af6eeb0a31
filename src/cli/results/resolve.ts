import { z } from "zod";

export const ResolveResult = z.object({
  kind: z.literal("resolve"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  digest: z.string(),
  mediaType: z.string(),
  size: z.int(),
  location: z.string().describe("repository with its registry"),
});
export type ResolveResult = z.infer<typeof ResolveResult>;
