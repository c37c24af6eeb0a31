import { z } from "zod";

export const LogoutResult = z.object({
  kind: z.literal("logout"),
  schemaVersion: z.literal(1),
  registry: z.string(),
  outcome: z.enum(["removed", "absent"]).describe("absent: there was nothing stored for it"),
  remaining: z
    .string()
    .optional()
    .describe("another place that still has credentials for it: file, variable or helper"),
});
export type LogoutResult = z.infer<typeof LogoutResult>;
