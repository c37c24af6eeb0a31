/** The version in package.json, which lies two levels up, from `dist/cli/` as from `src/cli/`. */
export function packageVersion(): string {
  // Not by `import`: the namespace of node:fs, with its streams, takes a tenth of the time that `mreg --version` has.
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
