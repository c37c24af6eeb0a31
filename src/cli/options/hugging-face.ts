import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { SourceModel } from "../../bridges/sources/source-model.ts";
import type { Context } from "../context.ts";

/**
 * Opens a model of Hugging Face: a directory when there is one of that name, else from the hub, or with HF_HUB_OFFLINE
 * from the cache. The variables are those of Hugging Face's own libraries.
 */
export async function openHuggingFace(context: Context, text: string, revision?: string): Promise<SourceModel> {
  const sources = await import("../../bridges/sources/huggingface/index.ts");
  const { cwd, env, signal } = context;
  const path = resolve(cwd, text);
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return sources.openLocalSnapshot(path, revision);
  const name = sources.parseHubName(revision === undefined ? text : `${text}@${revision}`);
  if (isSet(env["HF_HUB_OFFLINE"])) {
    return sources.openLocalSnapshot(join(cacheDirectory(env), sources.cacheDirectoryName(name)), name.revision);
  }
  const { HttpSource } = await import("../../bridges/sources/http-source.ts");
  const token = await hubToken(env);
  const hub = new HttpSource({
    name: "hub",
    address: env["HF_ENDPOINT"] || sources.hubAddress,
    authorization: token ? `Bearer ${token}` : undefined,
    fetch: globalThis.fetch,
  });
  return sources.openHub(hub, name, { signal });
}

function isSet(value: string | undefined): boolean {
  return /^(?:1|true|yes|on)$/i.test(value ?? "");
}

function homeDirectory(env: NodeJS.ProcessEnv): string {
  return env["HF_HOME"] || join(env["XDG_CACHE_HOME"] || join(env["HOME"] ?? homedir(), ".cache"), "huggingface");
}

function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return env["HF_HUB_CACHE"] || join(homeDirectory(env), "hub");
}

/** HF_TOKEN, or what `hf auth login` has kept. */
async function hubToken(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (env["HF_TOKEN"]) return env["HF_TOKEN"];
  const text = await readFile(env["HF_TOKEN_PATH"] || join(homeDirectory(env), "token"), "utf8").catch(() => "");
  const token = text.trim();
  return token !== "" && token.length <= 1_000 ? token : undefined;
}
