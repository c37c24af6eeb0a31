import { parse } from "yaml";
import { z } from "zod";
import { schemaProblems } from "../base/schema-problems.ts";
import { UsageError } from "./errors.ts";

/** `mreg.yaml`: what one would otherwise repeat on every command line. Paths are relative to the file. */
export const Config = z.strictObject({
  /** Default registry: `registry.example.com/ml` or `oci:./store`. */
  registry: z.string().min(1).optional(),
  /** Policy file. */
  policy: z.string().min(1).optional(),
  signing: z
    .strictObject({
      key: z.string().min(1).optional(),
      /** Services of a sigstore instance. */
      signingConfig: z.string().min(1).optional(),
      /** What certificates are verified against. */
      trustedRoot: z.string().min(1).optional(),
    })
    .optional(),
  model: z.strictObject({ owner: z.string().min(1).optional() }).optional(),
});
export type Config = z.infer<typeof Config>;

/** Reads the text of any `mreg.yaml`. @throws {@link UsageError} that names the file and what is wrong with it. */
export function parseConfig(text: string, path: string): Config {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 }) ?? {};
  } catch (cause) {
    throw new UsageError(`${path} is not valid YAML: ${(cause as Error).message}`, { cause });
  }
  const parsed = Config.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${path} is not valid: ${schemaProblems(parsed.error)}`, { cause: parsed.error });
}
