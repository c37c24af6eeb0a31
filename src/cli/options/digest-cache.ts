import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { IndexCache } from "../../model/tensor-index/index-cache.ts";
import { DigestCache } from "../../transfer/digest-cache.ts";

/** Opens what is remembered of files that were hashed before, in the user's cache directory. */
export function openDigestCache(env: NodeJS.ProcessEnv): Promise<DigestCache> {
  return DigestCache.open(join(cacheDirectory(env), "mreg", "digests"));
}

/** What is remembered of the pieces of files that were pushed before, beside it. */
export function openIndexCache(env: NodeJS.ProcessEnv): IndexCache {
  return new IndexCache(join(cacheDirectory(env), "mreg", "indexes"));
}

/** XDG_CACHE_HOME, %LOCALAPPDATA% or ~/.cache; relative ones are ignored, as the XDG specification says. */
function cacheDirectory(env: NodeJS.ProcessEnv): string {
  const named = env["XDG_CACHE_HOME"] || env["LOCALAPPDATA"] || "";
  return isAbsolute(named) ? named : join(env["HOME"] || homedir(), ".cache");
}
