import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import timers from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { afterAll, vi } from "vitest";

/**
 * Set-up of every file of tests: they follow one another in one process and share its modules (`isolate: false`), which
 * saves a third of the time. What one leaves behind would be the next one's surprise, or fill the disk, so that it is a
 * failure of the one that leaves it.
 */
const outer = process.env["TMPDIR"];
const directory = mkdtempSync(join(tmpdir(), "mreg-tests-"));
process.env["TMPDIR"] = directory;
const found = { env: { ...process.env }, directory: process.cwd(), pause: timers.setTimeout };

afterAll(() => {
  const left = [
    ...(vi.isFakeTimers() ? ["fake timers"] : []),
    ...(isDeepStrictEqual({ ...process.env }, found.env) ? [] : ["a changed environment"]),
    ...(timers.setTimeout === found.pause ? [] : ["other pauses"]),
    ...(process.cwd() === found.directory ? [] : ["another working directory"]),
    ...readdirSync(directory),
  ];
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
  if (outer === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = outer;
  if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
});
