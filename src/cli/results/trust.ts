import { z } from "zod";

export const TrustResult = z.object({
  kind: z.literal("trust"),
  schemaVersion: z.literal(1),
  from: z.enum(["tuf", "file", "built-in"]).describe("built-in: the public-good instance, as of this release"),
  mirror: z.string().optional().describe("URL of the TUF repository"),
  updatedAt: z.string().optional(),
  directory: z.string().describe("where it is kept"),
  digest: z.string().describe("of the trusted root; results of `mreg verify` name it"),
  hasSigningConfig: z.boolean().describe("whether the services to sign with are kept, too"),
  authorities: z.array(
    z.object({
      role: z.enum(["certificates", "certificate-log", "log", "timestamps"]),
      url: z.string(),
      since: z.string(),
      until: z.string().optional(),
    }),
  ),
});
export type TrustResult = z.infer<typeof TrustResult>;
