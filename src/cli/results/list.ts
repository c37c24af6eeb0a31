import { z } from "zod";

export const ListResult = z.object({
  kind: z.literal("list"),
  schemaVersion: z.literal(1),
  registry: z.string(),
  models: z.array(
    z.object({
      name: z.string(),
      versions: z.array(z.object({ version: z.string(), digest: z.string() })).describe("newest last"),
    }),
  ),
});
export type ListResult = z.infer<typeof ListResult>;
