import { z } from "zod";

export const KeyGenerateResult = z.object({
  kind: z.literal("key-generate"),
  schemaVersion: z.literal(1),
  privateKey: z.string().describe("path of the encrypted private key"),
  publicKey: z.string().describe("path of the public key"),
  fingerprint: z.string(),
});
export type KeyGenerateResult = z.infer<typeof KeyGenerateResult>;

export const KeyPublicResult = z.object({
  kind: z.literal("key-public"),
  schemaVersion: z.literal(1),
  fingerprint: z.string(),
  pem: z.string(),
});
export type KeyPublicResult = z.infer<typeof KeyPublicResult>;
