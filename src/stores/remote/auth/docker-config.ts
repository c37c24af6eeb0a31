import { objectAt, optionalAt, readQuietly, textAt, textsAt } from "../../../base/shape.ts";
import { credentialLimitBytes } from "../limits.ts";
import { basicCode, type Credential, credentialError } from "./credentials.ts";

/** One entry of `auths`. Unknown fields (`email`, vendors' own) stay when the file is written. */
interface AuthEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
  readonly [unknown: string]: unknown;
}

/** `config.json` of Docker, `auth.json` of Podman. */
export interface DockerConfig {
  readonly auths?: Readonly<Record<string, AuthEntry>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
  readonly [unknown: string]: unknown;
}

function dockerConfigAt(value: unknown): DockerConfig {
  const config = objectAt(value, "");
  const auths = optionalAt(config["auths"], "auths", objectAt);
  for (const entry of Object.values(auths ?? {})) authEntryAt(entry);
  optionalAt(config["credHelpers"], "credHelpers", textsAt);
  optionalAt(config["credsStore"], "credsStore", textAt);
  return config;
}

function authEntryAt(value: unknown): void {
  const entry = objectAt(value, "");
  for (const name of ["auth", "username", "password", "identitytoken", "registrytoken"]) {
    optionalAt(entry[name], name, textAt);
  }
}

/**
 * Reads the text of a configuration; empty text is an empty one.
 *
 * @param place - the file or variable it comes from, for messages, which never quote its content.
 */
export function parseDockerConfig(text: string, place: string): DockerConfig {
  if (Buffer.byteLength(text) > credentialLimitBytes)
    throw credentialError(`${place} is longer than ${credentialLimitBytes} bytes`);
  if (text.trim() === "") return {};
  const config = readQuietly(parseQuietly(text), dockerConfigAt);
  if (config) return config;
  throw credentialError(`${place} is not a Docker configuration (JSON with "auths")`);
}

/** The parser's own message would quote the text around the mistake, and with it a password. */
function parseQuietly(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
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
 * Names under which a credential may be kept, the most specific first: `host/ml/risk`, `host/ml`, `host`.
 *
 * Podman keeps credentials by path (containers-auth.json(5)); Docker by host only.
 */
export function namesFor(host: string, repository?: string): readonly string[] {
  const parts = repository?.split("/") ?? [];
  return [...parts.map((_part, at) => [host, ...parts.slice(0, parts.length - at)].join("/")), host];
}

/** Every key that means this name: itself, or for a host a URL around it as older Docker versions wrote. */
export function keysFor(record: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  const keys = Object.keys(record);
  const exact = keys.filter((key) => key === name);
  if (name.includes("/")) return [...exact, ...keys.filter((key) => key !== name && sameScope(key, name))];
  const hosts = name === "docker.io" ? ["docker.io", "index.docker.io", "registry-1.docker.io"] : [name.toLowerCase()];
  return [...exact, ...keys.filter((key) => key !== name && hosts.includes(hostOfKey(key)))];
}

/** What a store is asked for: Docker Hub has its own historic name. */
export function serverOf(name: string): string {
  return name === "docker.io" ? "https://index.docker.io/v1/" : name;
}

/** Hosts know no case, repositories have only one. */
function sameScope(key: string, name: string): boolean {
  return key.replace(/\/+$/, "").toLowerCase() === name.toLowerCase();
}

function hostOfKey(key: string): string {
  const isUrl = /^https?:\/\//i.test(key);
  const rest = key.replace(/^https?:\/\//i, "").toLowerCase();
  const slash = rest.indexOf("/");
  if (slash < 0) return rest;
  const isRoot = /^\/(?:v[12]\/?)?$/.test(rest.slice(slash));
  return isUrl || isRoot ? rest.slice(0, slash) : rest;
}
