import { resolve } from "node:path";
import type { ContentCache } from "../../transfer/content-cache.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";

/**
 * Opens the cache that MREG_CACHE_DIR names; MREG_CACHE_LINKS says how files are shared with it.
 *
 * @returns undefined when there is none: it is opt-in.
 */
export async function openContentCache({ env, cwd, clock }: Context): Promise<ContentCache | undefined> {
  const directory = env["MREG_CACHE_DIR"];
  if (!directory) return undefined;
  const links = env["MREG_CACHE_LINKS"] || "clone";
  if (links !== "clone" && links !== "hard")
    throw new UsageError(`MREG_CACHE_LINKS is ${JSON.stringify(links)}, expected clone or hard`);
  const { ContentCache } = await import("../../transfer/content-cache.ts");
  return new ContentCache(resolve(cwd, directory), { sharing: links === "hard" ? "link" : "clone", clock });
}
