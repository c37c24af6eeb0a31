import type { CachedContent, PruneLimits } from "../../transfer/cache-upkeep.ts";
import type { ContentCache } from "../../transfer/content-cache.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { openContentCache } from "../options/content-cache.ts";
import { addExamples } from "../options/examples.ts";
import { parseAge, parseBytes } from "../options/values.ts";
import { count, formatBytes, safe, table } from "../render/text.ts";
import type { CacheListResult, CachePruneResult, CacheVerifyResult } from "../results/cache.ts";

interface PruneOptions {
  readonly unusedFor?: number;
  readonly maxSize?: number;
  readonly yes?: boolean;
}

export const command: CommandModule = {
  define(program, act) {
    const cache = program.command("cache").description("the files that pulls keep in MREG_CACHE_DIR");
    const list = cache
      .command("ls")
      .description("what is in the cache, what was used longest ago first")
      .action(() => act(renderList, listEntries));
    addExamples(list, [
      { line: "MREG_CACHE_DIR=./cache mreg cache ls", does: "every file, its length and when it was last used" },
      { line: "MREG_CACHE_DIR=./cache mreg cache ls --format json", does: "the same, as JSON" },
    ]);
    const prune = cache
      .command("prune")
      .description("remove what is old or too much; only says what would go unless --yes is given")
      .option("--unused-for <duration>", "what no pull has used for so long, such as 30d", parseAge)
      .option("--max-size <size>", "what was used longest ago, until so much is left, such as 50GiB", parseBytes)
      .option("--yes", "remove it")
      .action((options: PruneOptions) => act(renderPrune, (context) => pruneEntries(context, options)));
    addExamples(prune, [
      {
        line: "MREG_CACHE_DIR=./cache mreg cache prune --unused-for 30d",
        does: "say what has not been used for a month",
      },
      { line: "MREG_CACHE_DIR=./cache mreg cache prune --max-size 50GiB --yes", does: "keep the 50 GiB used last" },
    ]);
    const verify = cache
      .command("verify")
      .description("hash every file and remove what is wrong; a pull does so with each file that it takes")
      .action(() => act(renderVerify, verifyEntries));
    addExamples(verify, [
      { line: "MREG_CACHE_DIR=./cache mreg cache verify", does: "read the whole cache" },
      { line: "MREG_CACHE_DIR=./cache mreg cache verify --format json", does: "the same, as JSON" },
    ]);
  },
};

async function listEntries(context: Context): Promise<Outcome<CacheListResult>> {
  const cache = await openCache(context);
  const { listCache } = await import("../../transfer/cache-upkeep.ts");
  const entries = await listCache(cache);
  return {
    result: {
      ...{ kind: "cache-ls", schemaVersion: 1, directory: cache.path },
      size: totalBytes(entries),
      entries: entries.map(viewEntry),
    },
  };
}

async function pruneEntries(context: Context, options: PruneOptions): Promise<Outcome<CachePruneResult>> {
  const { unusedFor, maxSize, yes = false } = options;
  if (unusedFor === undefined && maxSize === undefined)
    throw new UsageError("nothing says what may go, expected --unused-for or --max-size");
  const cache = await openCache(context);
  const { choosePrunable, listCache, removeContents } = await import("../../transfer/cache-upkeep.ts");
  const entries = await listCache(cache);
  const now = context.clock();
  const limits: PruneLimits = {
    usedBefore: unusedFor === undefined ? undefined : new Date(now.getTime() - unusedFor),
    maxBytes: maxSize,
  };
  const chosen = choosePrunable(entries, limits);
  if (yes) await removeContents(cache, chosen, now);
  const kept = { entries: entries.length - chosen.length, size: totalBytes(entries) - totalBytes(chosen) };
  return {
    result: {
      ...{ kind: "cache-prune", schemaVersion: 1, directory: cache.path },
      ...{ isRemoved: yes, chosen: chosen.map(viewEntry), kept },
    },
  };
}

async function verifyEntries(context: Context): Promise<Outcome<CacheVerifyResult>> {
  const cache = await openCache(context);
  const { verifyCache } = await import("../../transfer/cache-upkeep.ts");
  const { files, bytes, removed } = await verifyCache(cache, context.signal);
  return {
    result: {
      ...{ kind: "cache-verify", schemaVersion: 1, directory: cache.path },
      ...{ entries: files, size: bytes, removed: [...removed] },
    },
  };
}

async function openCache(context: Context): Promise<ContentCache> {
  const cache = await openContentCache(context);
  if (cache) return cache;
  throw new UsageError("there is no cache: set MREG_CACHE_DIR to a directory, and pulls keep their files there");
}

function viewEntry({ digest, size, usedAt }: CachedContent): CacheListResult["entries"][number] {
  return { digest, size, usedAt: usedAt.toISOString() };
}

function totalBytes(entries: readonly CachedContent[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}

function renderList({ directory, entries, size }: CacheListResult): string {
  const total = `${count(entries.length, "file")}, ${formatBytes(size)} in ${safe(directory)}`;
  return entries.length === 0 ? total : `${table(entries.map(row))}\n${total}`;
}

function renderPrune({ chosen, directory, isRemoved, kept }: CachePruneResult): string {
  const bytes = chosen.reduce((sum, { size }) => sum + size, 0);
  const did = `${isRemoved ? "removed" : "would remove"} ${count(chosen.length, "file")}, ${formatBytes(bytes)}`;
  const rest = `${formatBytes(kept.size)} in ${safe(directory)} stay${isRemoved ? "" : "; --yes removes"}`;
  return [...(chosen.length > 0 ? [table(chosen.map(row))] : []), `${did}; ${rest}`].join("\n");
}

function renderVerify({ directory, entries, removed, size }: CacheVerifyResult): string {
  const read = `${count(entries, "file")}, ${formatBytes(size)} in ${safe(directory)}`;
  if (removed.length === 0) return `${read}: all are what their names say`;
  return [...removed.map((digest) => `removed  ${safe(digest)}`), `${read}: ${removed.length} were wrong`].join("\n");
}

function row({ digest, size, usedAt }: CacheListResult["entries"][number]): readonly string[] {
  return [digest, formatBytes(size), usedAt];
}
