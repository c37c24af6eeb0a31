import { z } from "zod";

const Unverified = z.object({
  statement: z.string().describe("digest of the manifest that carries it"),
  reason: z.string(),
});

export const LineageShowResult = z.object({
  kind: z.literal("lineage-show"),
  schemaVersion: z.literal(1),
  reference: z.string(),
  digest: z.string(),
  statements: z.array(
    z.object({
      statement: z.string(),
      signer: z.string().describe("identity of a certificate, or fingerprint of a key"),
      run: z.string().optional(),
      startedOn: z.string().optional(),
      finishedOn: z.string().optional(),
      code: z.object({ uri: z.string().optional(), commit: z.string(), source: z.string().optional() }).optional(),
      datasets: z.array(
        z.object({
          name: z.string(),
          version: z.string().optional(),
          uri: z.string().optional(),
          source: z.string().optional(),
        }),
      ),
      baseModels: z.array(z.object({ uri: z.string().optional(), digest: z.string().optional() })),
      missing: z.array(z.enum(["run", "dataset", "code"])),
    }),
  ),
  unverified: z.array(Unverified),
});
export type LineageShowResult = z.infer<typeof LineageShowResult>;

const NamedVersion = { name: z.string(), version: z.string(), digest: z.string() };

export const LineageImpactResult = z.object({
  kind: z.literal("lineage-impact"),
  schemaVersion: z.literal(1),
  registry: z.string(),
  query: z.object({ dataset: z.string().optional(), base: z.string().optional() }),
  affected: z.array(
    z.object({
      ...NamedVersion,
      path: z.array(z.string()).describe("from what was asked for to this version"),
      statement: z.string().describe("the statement that says so"),
      signer: z.string(),
    }),
  ),
  unknown: z.array(z.object(NamedVersion)).describe("versions without verified lineage: they may be affected, too"),
  unverified: z.array(z.object({ ...NamedVersion, ...Unverified.shape })).describe("statements that did not count"),
  checked: z.int().describe("versions looked at"),
});
export type LineageImpactResult = z.infer<typeof LineageImpactResult>;
