import { z } from "zod";

const Node = z.object({
  digest: z.string(),
  mediaType: z.string(),
  size: z.int(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional().describe("hints by whoever pushed it, not proof"),
  get referrers() {
    return z.array(Node);
  },
});
export type GraphNode = z.infer<typeof Node>;

export const GraphResult = z.object({
  kind: z.literal("graph"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  as: z.enum(["tree", "dot", "mermaid"]),
  root: Node,
});
export type GraphResult = z.infer<typeof GraphResult>;
