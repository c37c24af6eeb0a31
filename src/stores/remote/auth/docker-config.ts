import { mkdir, readFile, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../../../base/atomic-file.ts";
import { credentialLimitBytes } from "../../../base/limits.ts";
import { basicCode, type Credential, credentialError } from "./credentials.ts";

/** One entry of `auths`. Unknown fields (`email`, vendors' own) stay when the file is written. */
const AuthEntry = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});
type AuthEntry = z.infer<typeof AuthEntry>;

/** `config.json` of Docker, `auth.json` of Podman. */
export const DockerConfig = z.looseObject({
  auths: z.record(z.string(), AuthEntry).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});
export type DockerConfig = z.infer<typeof DockerConfig>;

/** Reads a configuration file; one that does not exist is empty. Errors never quote its content. */
export async function readDockerConfig(path: string): Promise<DockerConfig> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw credentialError(`${path} cannot be read`, cause);
  }
  if (bytes.byteLength > credentialLimitBytes)
    throw credentialError(`${path} is longer than ${credentialLimitBytes} bytes`);
  const text = bytes.toString("utf8");
  if (text.trim() === "") return {};
  const parsed = DockerConfig.safeParse(parseQuietly(text));
  if (parsed.success) return parsed.data;
  throw credentialError(`${path} is not a Docker configuration file (JSON with "auths")`);
}

/** The parser's own message would quote the text around the mistake, and with it a password. */
function parseQuietly(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Replaces the file in one step; only its owner can read it. A file behind a symbolic link stays there. */
export async function writeDockerConfig(path: string, config: DockerConfig): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const target = await realpath(path).catch(() => path);
    await writeFileAtomic(target, `${JSON.stringify(config, null, "\t")}\n`, { mode: 0o600 });
  } catch (cause) {
    throw credentialError(`${path} cannot be written`, cause);
  }
}

/** The credential an entry holds; undefined for an empty one, which Docker writes beside a credential store. */
export function credentialOf(entry: AuthEntry): Credential | undefined {
  if (entry.registrytoken) return { registryToken: entry.registrytoken };
  if (entry.identitytoken) return { identityToken: entry.identitytoken };
  if (entry.auth) return decodeAuth(entry.auth);
  return entry.username && entry.password !== undefined
    ? { username: entry.username, password: entry.password }
    : undefined;
}

export function entryOf(credential: Credential): AuthEntry {
  if ("registryToken" in credential) return { registrytoken: credential.registryToken };
  if ("identityToken" in credential) return { identitytoken: credential.identityToken };
  return { auth: basicCode(credential.username, credential.password) };
}

/** base64 of `user:password`; Docker sometimes ends it with NUL, and an empty user marks an identity token. */
function decodeAuth(auth: string): Credential | undefined {
  const text = Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "");
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  const [username, password] = [text.slice(0, colon), text.slice(colon + 1)];
  return username === "" ? { identityToken: password } : { username, password };
}

/**
 * Finds the key for a host: the host itself, or a URL around it as older Docker versions wrote (`https://host/v1/`).
 *
 * Podman's keys may go on with a path (`host/team`): such a credential is for that path only and is not taken.
 */
export function keyFor(record: Readonly<Record<string, unknown>>, host: string): string | undefined {
  const names = host === "docker.io" ? ["docker.io", "index.docker.io", "registry-1.docker.io"] : [host.toLowerCase()];
  const keys = Object.keys(record);
  return keys.find((key) => key === host) ?? keys.find((key) => names.includes(hostOfKey(key)));
}

/** What a store is asked for: Docker Hub has its own historic name. */
export function serverOf(host: string): string {
  return host === "docker.io" ? "https://index.docker.io/v1/" : host;
}

function hostOfKey(key: string): string {
  const isUrl = /^https?:\/\//i.test(key);
  const rest = key.replace(/^https?:\/\//i, "").toLowerCase();
  const slash = rest.indexOf("/");
  if (slash < 0) return rest;
  const isRoot = /^\/(?:v[12]\/?)?$/.test(rest.slice(slash));
  return isUrl || isRoot ? rest.slice(0, slash) : rest;
}
