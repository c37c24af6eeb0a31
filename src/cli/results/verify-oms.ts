import { z } from "zod";

export const VerifyOmsResult = z.object({
  kind: z.literal("verify-oms"),
  schemaVersion: z.literal(1),
  directory: z.string().describe("absolute path of what was verified"),
  signature: z.string().describe("absolute path of the signature"),
  resources: z.int().describe("names that were compared: files, or shards of them"),
  signer: z.string().describe("fingerprint of the key or certificate, or of issuer and identity together"),
  identity: z.string().optional().describe("whom the certificate names; absent for keys"),
  issuer: z.string().optional().describe("identity provider that vouched for it"),
});
export type VerifyOmsResult = z.infer<typeof VerifyOmsResult>;
