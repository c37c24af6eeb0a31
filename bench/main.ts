import { parseArgs } from "node:util";
import { memory } from "./memory.ts";

/** The benchmarks by name. Run one with `npm run bench -- <name>`. */
const benchmarks: Readonly<Record<string, (options: { quick: boolean }) => Promise<boolean>>> = { memory };

const { values, positionals } = parseArgs({
  options: { quick: { type: "boolean", default: false } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(benchmarks);
let good = true;
for (const name of names) {
  const benchmark = benchmarks[name];
  if (benchmark === undefined)
    throw new Error(`no benchmark ${name}, expected ${Object.keys(benchmarks).join(" or ")}`);
  good = (await benchmark(values)) && good;
}
process.exitCode = good ? 0 : 1;
