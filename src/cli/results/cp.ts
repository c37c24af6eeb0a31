import { z } from "zod";

export const CpResult = z.object({
  kind: z.literal("cp"),
  schemaVersion: z.literal(1),
  source: z.string().describe("pinned reference; with -r the repository"),
  destination: z.string().describe("pinned reference; with -r the repository"),
  manifests: z.object({ copied: z.int(), present: z.int() }),
  blobs: z.object({
    copied: z.int(),
    mounted: z.int().describe("taken from a repository next door"),
    present: z.int(),
  }),
  bytes: z.int().describe("sent to the destination"),
  tags: z.array(z.string()).describe("written now, in this order"),
  skipped: z.array(
    z.object({
      digest: z.string(),
      reason: z
        .enum(["foreign", "missing"])
        .describe("foreign: a layer that the source does not hold; missing: listed as a referrer, but gone"),
    }),
  ),
  history: z
    .object({
      records: z.int().describe("length of the chain at the destination"),
      registry: z.string().describe("value of --registry under which the copy verifies"),
      name: z.string().describe("name under which it verifies"),
      leftOut: z.array(z.string()).describe("tags of the source that are not mreg's"),
    })
    .optional()
    .describe("with -r"),
});
export type CpResult = z.infer<typeof CpResult>;
