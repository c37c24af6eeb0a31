/**
 * Makes the golden files of the lifecycle's formats: a promotion to staging with fixed keys and a fixed clock.
 *
 * Run it once per version of the formats, with a new folder; goldens are only ever added.
 * `npx node scripts/make-lifecycle-goldens.ts test/conformance/golden/lifecycle-2`
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parsePolicy, readChain } from "../src/lifecycle/index.ts";
import { MemoryRegistry } from "../src/stores/memory/index.ts";
import { contentOf, people, stage } from "../test/support/lifecycle-golden.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: make-lifecycle-goldens.ts <folder>");
const repository = new MemoryRegistry().repository("golden/risk");
const { yaml } = await people();
const target = await stage(repository, yaml);
const content = await contentOf(repository, target);
const [link] = (await readChain(repository, parsePolicy(yaml))).links;
const extra = [
  ["policy.yaml", yaml],
  ["record.json", `${JSON.stringify(link?.record, undefined, 2)}\n`],
  ["index", `${[...content.keys()].sort().join("\n")}\n`],
] as const;
for (const [name, bytes] of [...content, ...extra]) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes, { flag: "wx" });
}
