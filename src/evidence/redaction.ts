import type { JsonValue } from "../base/json.ts";

/** What stands in the place of a secret. */
export const redacted = "[redacted]";

/** Words that make any name the name of a secret. */
const secretWords = new Set([
  "apikey",
  "apikeys",
  "authorization",
  "credential",
  "credentials",
  "passphrase",
  "passwd",
  "password",
  "passwords",
  "pwd",
  "secret",
  "secrets",
]);

/** Words that do so at the end of a name, unless the value is a number: `api_key`, but not `max_tokens: 512`. */
const secretEndings = new Set(["auth", "key", "keys", "token", "tokens"]);

/** Query parameters of URIs that name a version; any other one may be a signature that opens the door. */
const openQueryKeys = new Set(["generation", "ref", "rev", "revision", "tag", "version", "versionid"]);

const uriPattern = /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'<>]+/gi;

/** Tokens that are known by their shape, wherever they stand. */
const tokenShapes = [
  "(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,255}",
  "github_pat_[A-Za-z0-9_]{20,255}",
  "glpat-[A-Za-z0-9_-]{16,255}",
  "hf_[A-Za-z0-9]{20,255}",
  "sk-[A-Za-z0-9_-]{20,255}",
  "xox[abeprs]-[A-Za-z0-9-]{10,255}",
  "(?:AKIA|ASIA)[A-Z0-9]{16}",
  "AIza[A-Za-z0-9_-]{35}",
  "npm_[A-Za-z0-9]{30,255}",
  "pypi-[A-Za-z0-9_-]{30,255}",
  "eyJ[A-Za-z0-9_-]{10,4096}\\.[A-Za-z0-9_-]{10,4096}\\.[A-Za-z0-9_-]{10,4096}",
];

/** Each shape begins where no other character of its kind stands before, so that long texts are looked at once. */
const tokenPattern = new RegExp(
  `(?<![A-Za-z0-9_-])(?:${tokenShapes.join("|")})|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----`,
  "g",
);

export interface Redaction {
  readonly value: JsonValue;
  /** Whether anything was taken out. */
  readonly isRedacted: boolean;
}

/**
 * Takes out what looks like a secret: values under names such as `HF_TOKEN`, `db.password` or `apiKey`, passwords and
 * signed queries in URIs, and tokens of known shapes wherever they stand.
 *
 * Training configurations and environments are signed and published for good; a token in them could never be recalled.
 * Too much is taken out rather than too little.
 */
export function redactSecrets(value: JsonValue): Redaction {
  const state = { isRedacted: false };
  const visit = (item: JsonValue): JsonValue => {
    if (typeof item === "string") {
      const clean = redactUris(item).replace(tokenPattern, redacted);
      if (clean !== item) state.isRedacted = true;
      return clean;
    }
    if (Array.isArray(item)) return item.map(visit);
    if (typeof item !== "object" || item === null) return item;
    return Object.fromEntries(
      Object.entries(item).map(([key, field]) => {
        if (!isSecret(nameOf(key, item), field)) return [key, visit(field)];
        state.isRedacted = true;
        return [key, redacted];
      }),
    );
  };
  return { value: visit(value), isRedacted: state.isRedacted };
}

/** What a field is called: in `{ "key": "api_key", "value": "…" }`, the value's name stands beside it. */
function nameOf(key: string, item: { readonly [key: string]: JsonValue }): string {
  // The name itself, in the same pair, is none of its own.
  if (key === "key" && "value" in item) return "name";
  const name = key === "value" ? (item["key"] ?? item["name"]) : undefined;
  return typeof name === "string" ? name : key;
}

function isSecret(name: string, value: JsonValue): boolean {
  if (value === "" || value === null || typeof value === "boolean") return false;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  if (words.some((word) => secretWords.has(word))) return true;
  const isNumber = typeof value === "number" || (typeof value === "string" && /^-?[0-9.]{1,20}$/.test(value));
  return !isNumber && secretEndings.has(words.at(-1) ?? "");
}

function redactUris(text: string): string {
  return text.replaceAll(uriPattern, (found) => {
    const schemeEnd = found.indexOf("://") + 3;
    const scheme = found.slice(0, schemeEnd);
    const queryStart = (found.indexOf("?") + 1 || found.length + 1) - 1;
    return scheme + redactUser(found.slice(schemeEnd, queryStart), scheme) + redactQuery(found.slice(queryStart));
  });
}

/** Over HTTP even a user name alone is mostly a token; over SSH it is `git`. */
function redactUser(rest: string, scheme: string): string {
  const pathStart = (rest.indexOf("/") + 1 || rest.length + 1) - 1;
  const at = rest.lastIndexOf("@", pathStart);
  if (at < 0) return rest;
  const user = rest.slice(0, at);
  const kept = /ssh/i.test(scheme) ? user.replace(/:.*$/, "") : "";
  return kept === "" ? rest.slice(at + 1) : `${kept}${rest.slice(at)}`;
}

function redactQuery(query: string): string {
  return query.replace(/([?&])([^=&#]*)=([^&#]*)/g, (found, mark: string, key: string) =>
    openQueryKeys.has(key.toLowerCase()) ? found : `${mark}${key}=${redacted}`,
  );
}
