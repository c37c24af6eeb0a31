import { readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { renderSchema, schemaFiles, schemaRoot } from "../../scripts/generate-schemas.ts";
import { predicateSchemas } from "../../src/evidence/index.ts";
import { draftOf } from "../support/evidence.ts";

const root = resolve(import.meta.dirname, "../..");

/** Code blocks of the page, by what stands behind their fence: `json model-card`, `yaml lineage`. */
const examples = new Map(
  [...readFileSync(join(root, "docs/evidence.md"), "utf8").matchAll(/^```(json|yaml) ([\w-]+)\n(.*?)^```$/gms)].map(
    ([, language, kind, text]) => [`${language} ${kind}`, text ?? ""] as const,
  ),
);
const predicateFiles = schemaFiles.filter(({ path }) => path.startsWith("predicates/"));

/** A committed schema, compiled by an implementation that knows nothing of zod. */
function validatorOf(path: string) {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(readFileSync(join(schemaRoot, path), "utf8")));
}

describe("schemas", () => {
  it.each(schemaFiles.map((file) => [file.path, file] as const))("%s is what the source says", (path, file) => {
    const committed = readFileSync(join(schemaRoot, path), "utf8");
    expect(committed, "run: npx node scripts/generate-schemas.ts").toBe(renderSchema(file));
  });

  it("has a file for each predicate, and no other", () => {
    const committed = readdirSync(join(schemaRoot, "predicates")).map((name) => `predicates/${name}`);
    expect(committed.sort()).toEqual(predicateFiles.map(({ path }) => path).sort());
    const covered = predicateFiles.map(({ schema }) => schema);
    expect(Object.values(predicateSchemas).filter((schema) => !covered.includes(schema))).toEqual([]);
  });
});

describe.each(predicateFiles)("docs/evidence.md: $path", ({ path, schema }) => {
  const example = JSON.parse(examples.get(`json ${basename(path, ".json")}`) ?? "null");

  it("has an example that JSON Schema and source accept", () => {
    const validate = validatorOf(path);
    expect(validate(example), JSON.stringify(validate.errors)).toBe(true);
    expect(schema.safeParse(example).error).toBeUndefined();
  });

  it("is refused by both without any one of its required fields", () => {
    const validate = validatorOf(path);
    const { required = [] } = validate.schema as { required?: string[] };
    for (const field of required) {
      const { [field]: _, ...rest } = example;
      expect(validate(rest), field).toBe(false);
      expect(schema.safeParse(rest).success, field).toBe(false);
    }
  });
});

describe("docs/evidence.md", () => {
  it("shows the lineage file that makes the example", () => {
    const { predicate } = draftOf("lineage", "lineage.yaml", examples.get("yaml lineage"));
    const { runDetails, ...rest } = predicate as { runDetails: Record<string, unknown> };
    const { byproducts: _, ...details } = runDetails;
    expect({ ...rest, runDetails: details }).toEqual(JSON.parse(examples.get("json provenance") ?? ""));
  });
});
