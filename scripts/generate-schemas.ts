/**
 * Writes the JSON Schemas under `schemas/` from the zod schemas in the source.
 *
 * `npx node scripts/generate-schemas.ts` writes them; with `--check` it writes nothing and ends with 1 when a committed
 * file differs from what the source says.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Config } from "../src/cli/config-file.ts";
import { resultSchemas } from "../src/cli/results.ts";
import { predicateSchemas, predicateTypes } from "../src/evidence/index.ts";
import { Checkpoint, checkpointType, PolicyFile, TransitionRecord, transitionType } from "../src/lifecycle/index.ts";
import { PolicyTable } from "../src/lifecycle/policy-table/schema.ts";
import { tensorIndexType } from "../src/model/media-types.ts";
import { tensorIndexSchema } from "../src/model/tensor-index/schema.ts";

export interface SchemaFile {
  /** Below `schemas/`. */
  readonly path: string;
  readonly title: string;
  readonly schema: z.ZodType;
}

const predicateFiles: Record<keyof typeof predicateTypes, string> = {
  card: "model-card",
  eval: "eval",
  "eval-plan": "eval-plan",
  lineage: "provenance",
  scan: "test-result",
  document: "document",
  monitoring: "monitoring",
  consumers: "consumers",
  served: "served",
  sbom: "cyclonedx-bom",
  spdx: "spdx-document",
  vulns: "vulns",
  approval: "approval",
  exception: "exception",
  verdict: "verification-summary",
};

/** Every generated schema: one line per file. */
export const schemaFiles: readonly SchemaFile[] = [
  ...Object.entries(predicateSchemas).map(([kind, schema]) => ({
    path: `predicates/${predicateFiles[kind as keyof typeof predicateTypes]}.json`,
    title: `Predicate ${predicateTypes[kind as keyof typeof predicateTypes]}`,
    schema,
  })),
  { path: "predicates/transition.json", title: `Predicate ${transitionType("<state>")}`, schema: TransitionRecord },
  { path: "predicates/checkpoint.json", title: `Predicate ${checkpointType}`, schema: Checkpoint },
  ...Object.entries(resultSchemas).map(([kind, schema]) => ({
    path: `cli/${kind}.json`,
    title: `Result of mreg ${kind.replace("-", " ")}`,
    schema,
  })),
  { path: "tensor-index.json", title: tensorIndexType, schema: tensorIndexSchema },
  { path: "policy.schema.json", title: "mreg.policy.yaml", schema: PolicyFile },
  { path: "policy-table.schema.json", title: "Table of cases for mreg policy test", schema: PolicyTable },
  { path: "config.schema.json", title: "mreg.yaml", schema: Config },
];

export const schemaRoot = join(dirname(fileURLToPath(import.meta.url)), "..", "schemas");

/**
 * The text of one schema file. It describes what mreg writes and accepts; rules that JSON Schema cannot express (no two
 * results under one name, for instance) are the zod schema's alone.
 */
export function renderSchema({ schema, title }: SchemaFile): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", io: "input" });
  return `${JSON.stringify({ $schema, title, ...rest }, undefined, 2)}\n`;
}

async function main(check: boolean): Promise<void> {
  for (const file of schemaFiles) {
    const path = join(schemaRoot, file.path);
    const text = renderSchema(file);
    if ((await readFile(path, "utf8").catch(() => "")) === text) continue;
    if (check) {
      console.error(`schemas/${file.path} differs from the source; run: npx node scripts/generate-schemas.ts`);
      process.exitCode = 1;
      continue;
    }
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    console.log(`schemas/${file.path}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.includes("--check"));
