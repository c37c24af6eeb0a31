import { z } from "zod";

export const ImportResult = z.object({
  kind: z.literal("import"),
  schemaVersion: z.literal(1),
  source: z.string().describe("mlflow, huggingface, kitops, docker, ollama or oras"),
  location: z.string().describe("the one version that was imported, in the source's own terms"),
  reference: z.string().describe("pinned"),
  name: z.string(),
  version: z.string(),
  outcome: z.enum(["created", "present"]).describe("present: this content had a version already"),
  digest: z.string(),
  files: z.int(),
  size: z.int().describe("bytes of all files"),
  signature: z.string().optional().describe("digest of the manifest that carries it"),
  evidence: z.array(
    z.object({ type: z.string(), statement: z.string().describe("digest of the manifest that carries it") }),
  ),
  writtenBack: z.string().optional().describe("the tag that the version has at the source now"),
  notes: z.array(z.string()).describe("what the source does not say enough for"),
});
export type ImportResult = z.infer<typeof ImportResult>;
