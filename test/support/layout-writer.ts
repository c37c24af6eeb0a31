/**
 * A process of its own that writes into a layout: `layout-writer.ts <root> <first seed> <count>`.
 *
 * Pushes seeded artifacts into `risk`, tags each `t<seed>`, and tries to be the one that writes the tag `winner`.
 * Prints `won` or `lost`. With a count of 0 it only pushes the manifest of the first seed, and no blobs.
 */
import { argv } from "node:process";
import { hasCode } from "../../src/base/errors.ts";
import { manifestSource } from "../../src/oci/pack.ts";
import { LayoutRegistry } from "../../src/stores/layout/index.ts";
import { pushArtifact, seededArtifact } from "./fixtures.ts";

const [root = "", first = "0", count = "0"] = argv.slice(2);
const repository = new LayoutRegistry({ root }).repository("risk");
const seeds = Array.from({ length: Number(count) }, (_, at) => Number(first) + at);

if (seeds.length === 0) await repository.push(manifestSource(seededArtifact(Number(first)).manifest));
for (const seed of seeds) {
  const target = await pushArtifact(repository, seededArtifact(seed));
  await repository.tag(target, `t${seed}`);
  if (seed === Number(first)) console.log(await outcome(repository.tag(target, "winner", { once: true })));
}

async function outcome(work: Promise<void>): Promise<string> {
  try {
    await work;
    return "won";
  } catch (error) {
    if (hasCode(error, "CONFLICT")) return "lost";
    throw error;
  }
}
