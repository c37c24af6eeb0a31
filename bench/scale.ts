/**
 * Measures how cost grows: `npm run bench:scale -- [dimension...] [--largest N]`. Writes the tables of docs/scale.md.
 *
 * The registry is the tests' own, in this process, so that its time is small and each of its requests is counted; mreg
 * is the built program, so that memory is what a user sees. Times are the best of three, start-up included.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { newCast } from "../test/support/lifecycle.ts";
import { type Dimension, dimensions } from "./scale/dimensions.ts";
import { type Cost, Place } from "./scale/place.ts";
import { placeTable, table } from "./scale/table.ts";

const runs = 3;
const document = new URL("../docs/scale.md", import.meta.url);

const { positionals, values } = parseArgs({ allowPositionals: true, options: { largest: { type: "string" } } });
const largest = Number(values.largest ?? Number.POSITIVE_INFINITY);
const cast = await newCast();
for (const dimension of dimensions.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  const text = table(dimension.name, await measure(dimension));
  console.log(`\n${dimension.name}\n${text}`);
  if (values.largest === undefined)
    writeFileSync(document, placeTable(readFileSync(document, "utf8"), dimension.name, text));
}

async function measure(dimension: Dimension): Promise<Map<string, Map<number, Cost>>> {
  const { name, sizes } = dimension;
  const costs = new Map<string, Map<number, Cost>>();
  for (const size of sizes.filter((each) => each <= largest)) {
    const place = await Place.open();
    try {
      const operations = await dimension.prepare(place, cast, size);
      console.error(`${name} ${size}: prepared`);
      for (const [operation, run] of Object.entries(operations)) {
        const measured: Cost[] = [];
        for (let at = 1; at <= runs; at++) measured.push(await run(at));
        const best = measured.reduce((one, other) => (other.seconds < one.seconds ? other : one));
        const row = costs.get(operation) ?? new Map<number, Cost>();
        costs.set(operation, row.set(size, best));
      }
    } finally {
      await place.close();
    }
  }
  return costs;
}
