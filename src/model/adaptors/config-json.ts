import { collect } from "../../base/bytes.ts";
import { ContentError } from "../../base/errors.ts";
import { type JsonValue, parseStrictJson } from "../../base/json.ts";
import { documentLimitBytes } from "../../base/limits.ts";
import type { CallOptions, Fetcher } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { ModelError } from "../errors.ts";

/** Reads a config that is JSON. @throws {@link ModelError} `CONFIG_INVALID`; {@link ContentError} `LIMIT_EXCEEDED`. */
export async function readJsonConfig(store: Fetcher, target: Descriptor, options?: CallOptions): Promise<JsonValue> {
  if (target.size > documentLimitBytes) {
    throw new ContentError("LIMIT_EXCEEDED", `config has ${target.size} bytes, expected at most ${documentLimitBytes}`);
  }
  const bytes = await collect(store.fetch(target, options), target.size);
  try {
    return parseStrictJson(bytes);
  } catch (cause) {
    const reason = `config ${target.digest} is not JSON: ${(cause as Error).message}`;
    throw new ModelError("CONFIG_INVALID", reason, { cause });
  }
}

export function isObject(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
