import type { Digest } from "../base/digest.ts";
import { isDigest } from "./digest.ts";
import { InvalidInputError } from "./errors.ts";

/** Distribution-spec v1.1.1, "Pulling manifests": `<name>`. */
const namePattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
/** Host or IPv4, or IPv6 in brackets, with an optional port. */
const hostPattern = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?$/;
const aliasPattern = /^[a-z][a-z0-9-]{0,63}(?:\/[a-z]{1,32})?$/;
/** Many clients cap host and name together at 255 characters; the specification notes it. */
const nameLimitCharacters = 255;

/** What a user calls a model version. At most one of `tag` and `alias` is set; a digest may stand beside a tag. */
export interface Reference {
  /** `registry.example.com/ml`, `oci:./store`, or absent for the default registry. */
  readonly registry?: string;
  /** Name below the registry. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
  /** A state such as `production`, answered by the chain: `risk@production`. */
  readonly alias?: string;
}

/**
 * Parses `[registry/]name[:tag][@digest]`, `oci:<directory>[:tag][@digest]`, `name@state` and MLflow's
 * `models:/name/4`, `models:/name@state`.
 *
 * @throws {@link InvalidInputError} `INVALID_REFERENCE`.
 */
export function parseReference(text: string): Reference {
  if (text.startsWith("models:/")) return parseModelsUri(text);
  const { rest, ...pins } = splitPins(text);
  if (rest.startsWith("oci:")) return { ...splitLayout(rest, text), ...pins };
  const slash = rest.indexOf("/");
  const first = slash > 0 ? rest.slice(0, slash) : "";
  // The rule of Docker and ORAS: a first component with a dot or a port, or "localhost", is a host.
  const isHost = /[.:]/.test(first) || first === "localhost";
  if (!isHost) return { repository: checkName(rest, text), ...pins };
  if (!hostPattern.test(first)) throw invalid(text, `${JSON.stringify(first)} is not a host`);
  return { registry: first, repository: checkName(rest.slice(slash + 1), text), ...pins };
}

/** Writes a reference the way {@link parseReference} reads it. */
export function formatReference(reference: Reference): string {
  const name = reference.registry ? `${reference.registry}/${reference.repository}` : reference.repository;
  const tag = reference.tag ? `:${reference.tag}` : "";
  const pin = reference.digest ?? reference.alias;
  return `${name}${tag}${pin ? `@${pin}` : ""}`;
}

/** Tells whether `text` may be used as a tag. */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/** Refuses what is not a tag. @throws {@link InvalidInputError} `INVALID_REFERENCE`. */
export function checkTag(text: string): string {
  if (isTag(text)) return text;
  throw invalid(text, "not a tag, expected at most 128 letters, digits, '_', '.' and '-'");
}

/** Refuses what neither a tag nor a digest can be. @throws {@link InvalidInputError} `INVALID_REFERENCE`. */
export function checkTagOrDigest(text: string): string {
  return isDigest(text) ? text : checkTag(text);
}

/** Refuses what is not a repository name. @throws {@link InvalidInputError} `INVALID_REFERENCE`. */
export function checkRepositoryName(name: string): string {
  return checkName(name, name);
}

function splitPins(text: string): { rest: string; tag?: string; digest?: Digest; alias?: string } {
  const at = text.indexOf("@");
  const pin = at < 0 ? undefined : text.slice(at + 1);
  const head = at < 0 ? text : text.slice(0, at);
  const { rest, tag } = splitTag(head);
  if (tag !== undefined && !isTag(tag)) throw invalid(text, `${JSON.stringify(tag)} is not a tag`);
  const named = { rest, ...(tag === undefined ? {} : { tag }) };
  if (pin === undefined) return named;
  if (isDigest(pin)) return { ...named, digest: pin };
  if (tag === undefined && aliasPattern.test(pin)) return { ...named, alias: pin };
  throw invalid(text, `${JSON.stringify(pin)} is neither a digest nor a state`);
}

/** A colon starts a tag unless it belongs to a port, to `oci:` or to a Windows drive. */
function splitTag(head: string): { rest: string; tag?: string } {
  const colon = head.lastIndexOf(":");
  if (colon < 0 || head.indexOf("/", colon) >= 0 || head.indexOf("\\", colon) >= 0) return { rest: head };
  if (head.startsWith("oci:") && colon === 3) return { rest: head };
  return { rest: head.slice(0, colon), tag: head.slice(colon + 1) };
}

function splitLayout(rest: string, text: string): { registry: string; repository: string } {
  const directory = rest.slice("oci:".length).replace(/\/+$/, "");
  const slash = directory.lastIndexOf("/");
  const parent = slash < 0 ? "." : directory.slice(0, slash) || "/";
  return { registry: `oci:${parent}`, repository: checkName(directory.slice(slash + 1), text) };
}

function parseModelsUri(text: string): Reference {
  const body = text.slice("models:/".length);
  const alias = /^([^@]+)@([^@]+)$/.exec(body);
  if (alias?.[1] && alias[2]) {
    if (!aliasPattern.test(alias[2])) throw invalid(text, `${JSON.stringify(alias[2])} is not a state`);
    return { repository: checkName(alias[1], text), alias: alias[2] };
  }
  const version = /^(.+)\/([1-9][0-9]*)$/.exec(body);
  if (!version?.[1] || !version[2]) throw invalid(text, "expected models:/<name>/<version> or models:/<name>@<state>");
  return { repository: checkName(version[1], text), tag: `v${version[2]}` };
}

function checkName(name: string, text: string): string {
  if (name.length <= nameLimitCharacters && namePattern.test(name)) return name;
  throw invalid(text, `${JSON.stringify(name.slice(0, 100))} is not a model name, expected lower-case path components`);
}

function invalid(text: string, reason: string): InvalidInputError {
  return new InvalidInputError(
    "INVALID_REFERENCE",
    // Both repeat hostile text of any length.
    `malformed reference ${JSON.stringify(text.slice(0, 300))}: ${reason.slice(0, 200)}`,
  );
}
