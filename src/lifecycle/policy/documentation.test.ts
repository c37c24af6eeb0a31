import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gateCodes } from "../decision/decision.ts";
import { PolicyFile } from "./schema.ts";

const directory = new URL("../../../docs/policy/", import.meta.url);
const pages = readdirSync(directory).map((name) => readFileSync(new URL(name, directory), "utf8"));
const text = pages.join("\n");

/** Names of all fields, at any depth of the schema. */
function fieldsOf(schema: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(schema)) for (const one of schema) fieldsOf(one, found);
  else if (typeof schema === "object" && schema !== null) {
    const { properties } = schema as { properties?: object };
    for (const name of Object.keys(properties ?? {})) found.add(name);
    for (const one of Object.values(schema)) fieldsOf(one, found);
  }
  return found;
}

test("docs/policy: every code of a denial is explained", () => {
  expect(Object.values(gateCodes).filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
});

test("docs/policy: every field of a policy is on some page", async () => {
  const { toJSONSchema } = await import("zod");
  const fields = fieldsOf(toJSONSchema(PolicyFile, { io: "input" }));
  expect(fields.size).toBeGreaterThan(60);
  const missing = [...fields].filter((field) => !new RegExp(`\\b${field}\\b`).test(text));
  expect(missing).toEqual([]);
});
