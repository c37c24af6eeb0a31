import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Config } from "./config-file.ts";
import { UsageError } from "./errors.ts";
import { readPlainConfig } from "./plain-config.ts";

export type { Config };

/** The name of the project file, looked for in the working directory and above. */
export const configFileName = "mreg.yaml";

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
    if (text !== undefined) return absolute(await readConfig(text, path), at);
    if (at === dirname(at)) return {};
  }
}

async function readConfig(text: string, path: string): Promise<Config> {
  if (text.length > configLimitBytes) throw new UsageError(`${path} is longer than ${configLimitBytes} characters`);
  const plain = readPlainConfig(text);
  if (plain) return plain;
  const { parseConfig } = await import("./config-file.ts");
  return parseConfig(text, path);
}

function absolute(config: Config, directory: string): Config {
  const at = (path: string) => resolve(directory, path);
  return {
    ...config,
    ...(config.registry ? { registry: absoluteLocation(config.registry, directory) } : {}),
    // A policy in a registry is no path.
    ...(config.policy ? { policy: isPinned(config.policy) ? config.policy : at(config.policy) } : {}),
    ...(config.signing ? { signing: absoluteSigning(config.signing, at) } : {}),
  };
}

function absoluteSigning(signing: NonNullable<Config["signing"]>, at: (path: string) => string): Config["signing"] {
  const { key, signingConfig, trustedRoot } = signing;
  return {
    ...(key ? { key: isAddress(key) ? key : at(key) } : {}),
    ...(signingConfig ? { signingConfig: at(signingConfig) } : {}),
    ...(trustedRoot ? { trustedRoot: at(trustedRoot) } : {}),
  };
}

/** `registry/name@sha256:…` */
function isPinned(policy: string): boolean {
  return /@sha256:[0-9a-f]{64}$/.test(policy);
}

/** `env://NAME` and what a KMS serves are the same from everywhere; files are not. */
function isAddress(key: string): boolean {
  return key.includes("://");
}

/** Makes the directory of an `oci:` location absolute; leaves hosts alone. */
export function absoluteLocation(location: string, directory: string): string {
  return location.startsWith("oci:") ? `oci:${resolve(directory, location.slice("oci:".length))}` : location;
}

/** The embedded store's place when nothing is configured: the user's data directory. */
export function defaultRegistry(env: NodeJS.ProcessEnv): string {
  return `oci:${join(dataDirectory(env), "store")}`;
}

/** What mreg keeps for the user outside of any project. */
export function dataDirectory(env: NodeJS.ProcessEnv): string {
  const data = env["XDG_DATA_HOME"] ?? env["LOCALAPPDATA"] ?? join(env["HOME"] ?? homedir(), ".local", "share");
  return join(data, "mreg");
}
