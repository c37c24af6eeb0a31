import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { UsageError } from "./errors.ts";

/** The name of the project file, looked for in the working directory and above. */
export const configFileName = "mreg.yaml";

/** `mreg.yaml`: what one would otherwise repeat on every command line. Paths are relative to the file. */
export const Config = z.strictObject({
  /** Default registry: `registry.example.com/ml` or `oci:./store`. */
  registry: z.string().min(1).optional(),
  /** Policy file. */
  policy: z.string().min(1).optional(),
  signing: z.strictObject({ key: z.string().min(1).optional() }).optional(),
  model: z.strictObject({ owner: z.string().min(1).optional() }).optional(),
});
export type Config = z.infer<typeof Config>;

/** Largest `mreg.yaml` read; real ones have some ten lines. */
const configLimitBytes = 64 * 1024;

/** Finds and reads the nearest `mreg.yaml`, with its paths made absolute. Empty when there is none. */
export async function loadConfig(directory: string): Promise<Config> {
  for (let at = resolve(directory); ; at = dirname(at)) {
    const path = join(at, configFileName);
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw new UsageError(`cannot read ${path}: ${error.message}`, { cause: error });
    });
    if (text !== undefined) return absolute(parseConfig(text, path), at);
    if (at === dirname(at)) return {};
  }
}

function parseConfig(text: string, path: string): Config {
  if (text.length > configLimitBytes) throw new UsageError(`${path} is longer than ${configLimitBytes} characters`);
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 }) ?? {};
  } catch (cause) {
    throw new UsageError(`${path} is not valid YAML: ${(cause as Error).message}`, { cause });
  }
  const parsed = Config.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${path} is not valid: ${z.prettifyError(parsed.error)}`, { cause: parsed.error });
}

function absolute(config: Config, directory: string): Config {
  const at = (path: string) => resolve(directory, path);
  return {
    ...config,
    ...(config.registry ? { registry: absoluteLocation(config.registry, directory) } : {}),
    ...(config.policy ? { policy: at(config.policy) } : {}),
    ...(config.signing?.key ? { signing: { key: at(config.signing.key) } } : {}),
  };
}

/** Makes the directory of an `oci:` location absolute; leaves hosts alone. */
export function absoluteLocation(location: string, directory: string): string {
  return location.startsWith("oci:") ? `oci:${resolve(directory, location.slice("oci:".length))}` : location;
}

/** The embedded store's place when nothing is configured: the user's data directory. */
export function defaultRegistry(env: NodeJS.ProcessEnv): string {
  const data = env["XDG_DATA_HOME"] ?? env["LOCALAPPDATA"] ?? join(env["HOME"] ?? homedir(), ".local", "share");
  return `oci:${join(data, "mreg", "store")}`;
}
