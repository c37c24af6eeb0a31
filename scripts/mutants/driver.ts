/** Runs in the copy, as a test file: the tests of {@link Run} once for each mutant, until one of them fails. */
import { appendFileSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeEach, describe, test } from "vitest";
import type { Line, Run } from "./run.ts";

const run = JSON.parse(readFileSync(process.env["MREG_MUTANTS"] ?? "", "utf8")) as Run;

/** Above what any test needs, below what takes minutes: a loop that a mutant made endless ends with it. */
const questionLimit = 20_000_000;

let active = run.ids[0];
let questions = 0;
Object.assign(globalThis, {
  isMutant(id: number): boolean {
    questions += 1;
    if (questions > questionLimit) throw new Error("a loop without end");
    return id === active;
  },
});

function activate(id: number): void {
  active = id;
  questions = 0;
}

// To find the smallest counterexample would be wasted on a mutant.
fc.configureGlobal({ endOnFailure: true });

for (const [at, id] of run.ids.entries()) {
  describe(`mutant ${id}`, async () => {
    let killer: string | undefined;
    beforeEach(({ onTestFailed, skip, task }) => {
      activate(id);
      if (killer !== undefined) skip();
      onTestFailed(() => {
        killer = task.name;
      });
    });
    afterAll(() => {
      const line: Line = { id, ...(killer === undefined ? {} : { killer }) };
      appendFileSync(run.results, `${JSON.stringify(line)}\n`);
    });
    activate(id);
    for (const file of run.tests) {
      // The query makes it another module, whose tests are registered once more; what it imports is shared.
      await import(/* @vite-ignore */ `${file}?mutant=${at}`).catch((error: unknown) => {
        killer ??= `loading ${file}: ${String(error)}`;
      });
    }
    test("loaded", () => {});
  });
}
