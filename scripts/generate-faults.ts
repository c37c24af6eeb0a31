/**
 * Writes docs/faults.md: runs every case of the fault suite, one after the other, and records how it ended.
 *
 * `npm run faults:docs` builds first, since some cases run the built program.
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { catalog } from "../test/faults/catalog.ts";
import { type Recorded, renderPage } from "../test/faults/page.ts";
import { runCase } from "../test/faults/runner.ts";

const recorded = new Map<string, Recorded>();
for (const fault of catalog.flatMap(({ cases }) => cases)) {
  const { outcome, requests, ms } = await runCase(fault);
  recorded.set(fault.id, { outcome, requests });
  console.log(`${fault.id}: ${outcome}, ${requests} requests, ${Math.round(ms)} ms`);
  if (outcome !== fault.expected && fault.gap === undefined) process.exitCode = 1;
}
await writeFile(fileURLToPath(new URL("../docs/faults.md", import.meta.url)), renderPage(catalog, recorded));
