import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";

/** Schemas of the OCI image specification, read in place (architecture.md, "Tests"). */
const folder = resolve(import.meta.dirname, "../../../shared/vectors/oci-image-spec");

/** The note for `context.skip` where the folder is absent. */
export const missingSchemas = "../shared/vectors/oci-image-spec is not there";

export type OciSchema = "image-manifest-schema" | "image-index-schema" | "image-layout-schema" | "content-descriptor";

/** Gives a function that lists what the schema has against a value, or nothing where the schemas are absent. */
export function ociSchemas(): ((schema: OciSchema, value: unknown) => readonly string[]) | undefined {
  if (!existsSync(folder)) return undefined;
  // Draft-04 differs from what Ajv speaks in the name of `id` alone, as far as these schemas go.
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    ajv.addSchema(JSON.parse(readFileSync(join(folder, file), "utf8"), dropIds), file);
  }
  return (schema, value) => {
    const validate = ajv.getSchema(`${schema}.json`);
    if (!validate) throw new Error(`no schema ${schema}`);
    if (validate(value) === true) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

/** References between the files are relative to their names, not to their ids. */
function dropIds(this: unknown, key: string, value: unknown): unknown {
  return (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value;
}
