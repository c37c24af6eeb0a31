import { z } from "zod";

export const InitResult = z.object({
  kind: z.literal("init"),
  schemaVersion: z.literal(1),
  config: z.string().describe("path of mreg.yaml"),
  policy: z.string().describe("path of mreg.policy.yaml"),
  policyDigest: z.string(),
});
export type InitResult = z.infer<typeof InitResult>;
