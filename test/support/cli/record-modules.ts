/**
 * Writes to the file named by RECORD_MODULES which packages and which floors a program has loaded. Given to the built
 * program by `--import`, before its first line.
 */
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

const loaded = new Set<string>();

registerHooks({
  load(url, context, nextLoad) {
    const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? /\/dist\/([a-z]+)\//.exec(url) ?? [];
    if (name !== undefined) loaded.add(name);
    return nextLoad(url, context);
  },
});

process.on("exit", () => writeFileSync(process.env["RECORD_MODULES"] ?? "", JSON.stringify([...loaded].sort())));
