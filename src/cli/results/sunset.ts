import { z } from "zod";

export const SunsetDueResult = z.object({
  kind: z.literal("sunset-due"),
  schemaVersion: z.literal(1),
  within: z.string().describe("RFC 3339; what ends by then is listed"),
  due: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      digest: z.string(),
      expiresAt: z.string(),
      daysLeft: z.int().describe("negative once it is over"),
      successor: z.string().optional(),
      by: z.string().describe("person who retired it"),
      held: z.boolean().describe("legal hold: it cannot be archived"),
    }),
  ),
});
export type SunsetDueResult = z.infer<typeof SunsetDueResult>;
