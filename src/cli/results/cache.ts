import { z } from "zod";

const Entry = z.object({
  digest: z.string(),
  size: z.int().describe("bytes"),
  usedAt: z.string().describe("when a pull last put it here or took it from here"),
});

export const CacheListResult = z.object({
  kind: z.literal("cache-ls"),
  schemaVersion: z.literal(1),
  directory: z.string(),
  size: z.int().describe("bytes of all entries"),
  entries: z.array(Entry).describe("what was used longest ago comes first"),
});
export type CacheListResult = z.infer<typeof CacheListResult>;

export const CachePruneResult = z.object({
  kind: z.literal("cache-prune"),
  schemaVersion: z.literal(1),
  directory: z.string(),
  isRemoved: z.boolean().describe("false: only a report, nothing was removed"),
  chosen: z.array(Entry).describe("what goes"),
  kept: z.object({ entries: z.int(), size: z.int().describe("bytes") }),
});
export type CachePruneResult = z.infer<typeof CachePruneResult>;

export const CacheVerifyResult = z.object({
  kind: z.literal("cache-verify"),
  schemaVersion: z.literal(1),
  directory: z.string(),
  entries: z.int().describe("entries looked at"),
  size: z.int().describe("bytes read"),
  removed: z.array(z.string()).describe("digests whose entries were something else"),
});
export type CacheVerifyResult = z.infer<typeof CacheVerifyResult>;
