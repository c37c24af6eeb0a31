import { z } from "zod";

const Tensor = z.object({ name: z.string(), dtype: z.string(), shape: z.array(z.int()) });

const WeightsView = z.object({
  path: z.string(),
  format: z.string().optional(),
  tensors: z.int().optional(),
  parameters: z.number().optional(),
  dtypes: z.record(z.string(), z.number()).optional().describe("elements by type"),
  list: z.array(Tensor).optional().describe("as many as --tensors asks for"),
  problem: z.string().optional().describe("why the header must not be believed, or was not read"),
});

const Sourced = z.object({ source: z.string().describe("file, and field where that helps"), text: z.string() });

const ChatTemplate = z.object({
  source: z.string(),
  name: z.string().optional(),
  digest: z.string().describe("of the template's text"),
  size: z.int().describe("bytes"),
  risks: z.array(z.string()).describe("why it should not be rendered without a sandbox"),
});

const Mlflow = z.object({
  path: z.string(),
  flavors: z.array(z.object({ name: z.string(), version: z.string().optional(), data: z.string().optional() })),
  runId: z.string().optional(),
  modelId: z.string().optional(),
  mlflowVersion: z.string().optional(),
  signature: z.object({ inputs: z.string().optional(), outputs: z.string().optional() }).optional(),
  requirements: z.array(z.string()).optional(),
  code: z.string().optional().describe("code of the model's own that is loaded with it"),
});

export const InspectResult = z.object({
  kind: z.literal("inspect"),
  schemaVersion: z.literal(1),
  reference: z.string().optional().describe("pinned reference; absent for a directory"),
  directory: z.string().optional().describe("what was looked into when it is no reference"),
  digest: z.string().optional(),
  artifactType: z.string().optional(),
  format: z.enum(["modelpack", "oras", "directory"]),
  annotations: z.record(z.string(), z.string()),
  config: z.record(z.string(), z.unknown()).optional().describe("the ModelPack config, as it is stored"),
  summary: z
    .object({
      format: z.string().optional(),
      architecture: z.string().optional(),
      family: z.string().optional(),
      parameters: z.number().optional(),
      paramSize: z.string().optional(),
      precision: z.string().optional().describe("the one with the most elements first"),
      quantization: z.string().optional(),
    })
    .describe("of the weights and config.json as they are"),
  files: z.array(
    z.object({
      path: z.string(),
      kind: z.string(),
      mediaType: z.string().optional(),
      digest: z.string().optional(),
      size: z.int(),
    }),
  ),
  weights: z.array(WeightsView).describe("read from the files' headers by range; not verified"),
  tokenizer: z.object({ kind: z.string().optional(), vocabSize: z.int().optional() }).optional(),
  chatTemplates: z.array(ChatTemplate),
  licenses: z.array(Sourced).describe("of files, card and metadata, which may differ"),
  baseModels: z.array(Sourced),
  remoteCode: z.array(Sourced).describe("code that loaders are asked to run: what trust_remote_code is about"),
  mlflow: Mlflow.optional(),
  notes: z.array(z.string()).describe("contradictions, and what deserves a look"),
  totalBytes: z.int(),
  hasTokenizer: z.boolean(),
  hasChatTemplate: z.boolean(),
});
export type InspectResult = z.infer<typeof InspectResult>;
