import { z } from "zod";

export const PullResult = z.object({
  kind: z.literal("pull"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  digest: z.string(),
  directory: z.string(),
  modelSignature: z.string().optional().describe("path of the model.sig that --oms wrote"),
  files: z.array(
    z.object({ path: z.string(), digest: z.string(), size: z.int(), outcome: z.enum(["done", "present"]) }),
  ),
  received: z.int().describe("bytes fetched from the registry, archives and repeated ones included"),
  resumed: z.int().describe("bytes that an interrupted pull into this directory had left"),
  bytesSaved: z
    .int()
    .describe("bytes that were on this machine already: in older versions, in the cache, in another file of the model"),
  warnings: z.array(z.string()).describe("what did not go as planned; every file is verified all the same"),
});
export type PullResult = z.infer<typeof PullResult>;
