/**
 * Writes docs/faults.md: runs the cases of the fault suite, one after the other, and records how each ended.
 *
 * `npm run faults:docs` runs all of them, and builds first, since some run the built program;
 * `npx node scripts/generate-faults.ts <id>…` runs these and keeps the rest of the page.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { catalog } from "../test/faults/catalog.ts";
import { recordedIn, renderPage } from "../test/faults/page.ts";
import { runCase } from "../test/faults/runner.ts";

const path = fileURLToPath(new URL("../docs/faults.md", import.meta.url));
const wanted = process.argv.slice(2);
const recorded = new Map(wanted.length > 0 ? recordedIn(await readFile(path, "utf8")) : []);
for (const fault of catalog.flatMap(({ cases }) => cases)) {
  if (wanted.length > 0 && !wanted.includes(fault.id)) continue;
  const { outcome, requests } = await runCase(fault);
  recorded.set(fault.id, { outcome, requests });
  console.log(`${fault.id}: ${outcome}, ${requests} requests`);
  if (outcome !== fault.expected && fault.gap === undefined) process.exitCode = 1;
}
await writeFile(path, renderPage(catalog, recorded));
