import { writeFileSync } from "node:fs";

/** Preloaded into the measured process: leaves its peak resident set size, in bytes, where BENCH_RSS_FILE says. */
process.on("exit", () => {
  const path = process.env["BENCH_RSS_FILE"];
  // maxRSS is the kernel's own high-water mark, in KiB: nothing between two samples can be missed.
  if (path !== undefined) writeFileSync(path, String(process.resourceUsage().maxRSS * 1024));
});
