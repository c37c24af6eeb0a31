import { SourceError } from "../errors.ts";

/** Which model is meant, in MLflow's own ways of saying it. */
export type MlflowLocation =
  | { readonly kind: "version"; readonly name: string; readonly version: string }
  | { readonly kind: "alias"; readonly name: string; readonly alias: string }
  | { readonly kind: "latest"; readonly name: string }
  | { readonly kind: "logged-model"; readonly modelId: string }
  | { readonly kind: "run"; readonly runId: string; readonly path: string };

/** MLflow lets names be nearly anything; a slash or a colon would end them in a URI. */
const namePattern = /^[^/:@%\p{Cc}]{1,250}$/u;
const aliasPattern = /^[\w-]{1,255}$/;
const modelIdPattern = /^m-[0-9a-f]{32}$/;
const runIdPattern = /^[0-9A-Za-z][\w-]{0,255}$/;

/**
 * Reads `models:/risk/4`, `models:/risk@champion`, `models:/risk/latest`, `models:/m-<id>` and `runs:/<run>/<path>`.
 *
 * @throws {@link SourceError} `SOURCE_UNSUPPORTED`; stages have been deprecated since MLflow 2.9 and are named so.
 */
export function parseMlflowLocation(text: string): MlflowLocation {
  const [, scheme, rest = ""] = /^(models|runs):\/{1,3}([^/].*)$/.exec(text) ?? [];
  if (scheme === "runs") return parseRun(rest, text);
  if (scheme !== "models") throw unsupported(text);
  if (modelIdPattern.test(rest)) return { kind: "logged-model", modelId: rest };
  const [, aliased, alias] = /^([^@]+)@([^@]+)$/.exec(rest) ?? [];
  if (aliased && alias && namePattern.test(aliased) && aliasPattern.test(alias)) {
    return { kind: "alias", name: aliased, alias };
  }
  const [name = "", version = "", ...more] = rest.split("/");
  if (!namePattern.test(name) || more.length > 0) throw unsupported(text);
  if (/^[1-9][0-9]{0,9}$/.test(version)) return { kind: "version", name, version };
  if (version.toLowerCase() === "latest") return { kind: "latest", name };
  if (/^(?:production|staging|archived|none)$/i.test(version)) {
    const advice = `expected a version or an alias, such as models:/${name}/4 or models:/${name}@champion`;
    throw new SourceError("SOURCE_UNSUPPORTED", `${text} names a stage, which MLflow has deprecated; ${advice}`);
  }
  throw unsupported(text);
}

function parseRun(rest: string, text: string): MlflowLocation {
  const slash = rest.indexOf("/");
  const [runId, path] = [rest.slice(0, slash), rest.slice(slash + 1)];
  if (slash < 0 || !runIdPattern.test(runId) || path === "") throw unsupported(text);
  return { kind: "run", runId, path: path.replace(/\/$/, "") };
}

function unsupported(text: string): SourceError {
  const forms =
    "models:/<name>/<version>, models:/<name>@<alias>, models:/<name>/latest, models:/m-<id> or runs:/<run>/<path>";
  return new SourceError(
    "SOURCE_UNSUPPORTED",
    `${JSON.stringify(text.slice(0, 300))} is no MLflow model, expected ${forms}`,
  );
}
