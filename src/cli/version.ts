import { readFileSync } from "node:fs";

/** The version in package.json, which lies two levels up, from `dist/cli/` as from `src/cli/`. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
