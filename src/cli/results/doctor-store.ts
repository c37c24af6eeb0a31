import { z } from "zod";

export const DoctorStoreResult = z.object({
  kind: z.literal("doctor-store"),
  schemaVersion: z.literal(1),
  registry: z.string(),
  repositories: z.array(
    z.object({
      name: z.string(),
      manifests: z.int(),
      blobs: z.int(),
      bytes: z.int().describe("read and verified"),
      problems: z.array(
        z.object({
          what: z.string().describe("tag or digest that could not be read"),
          namedBy: z.string().optional().describe("what names it; absent for a tag"),
          code: z.string(),
          message: z.string(),
        }),
      ),
    }),
  ),
});
export type DoctorStoreResult = z.infer<typeof DoctorStoreResult>;
