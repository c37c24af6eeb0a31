import { z } from "zod";

export const SignResult = z.object({
  kind: z.literal("sign"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  digest: z.string(),
  signature: z.string().describe("digest of the signature's manifest"),
  legacySignature: z.string().optional().describe("digest of the manifest under the .sig tag"),
  omsSignature: z.string().optional().describe("digest of the manifest that carries the model.sig"),
  signer: z.string().describe("fingerprint of the key, or of issuer and identity together"),
  identity: z.string().optional().describe("whom the certificate names; absent for keys"),
  issuer: z.string().optional().describe("identity provider that vouched for it"),
});
export type SignResult = z.infer<typeof SignResult>;
