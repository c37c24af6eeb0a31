import type { Reporter, TestCase, TestModule } from "vitest/node";

/**
 * Ends a run with what was skipped, why, and one plain line of counts that scripts can read.
 *
 * The reason is the note of `context.skip(note)`; a skip without one says so, which a reviewer should not let pass.
 */
export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    // A module that fails to load has no tests; it counts as one failure, or a broken import would look green.
    const broken = modules.filter((module) => module.state() === "failed" && module.errors().length > 0).length;
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const skipped = tests.filter((test) => test.result().state === "skipped");
    for (const line of reasons(skipped)) console.log(line);
    const failed = count("failed") + broken + unhandledErrors.length;
    console.log(`${count("passed")} passed, ${failed} failed, ${skipped.length} skipped`);
  }
}

function reasons(skipped: readonly TestCase[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const test of skipped) {
    const result = test.result();
    const reason = (result.state === "skipped" && result.note) || "no reason given";
    byReason.set(reason, [...(byReason.get(reason) ?? []), `${test.module.relativeModuleId}: ${test.fullName}`]);
  }
  return [...byReason].flatMap(([reason, names]) => [
    `SKIPPED ${names.length}: ${reason}`,
    ...names.map((name) => `  ${name}`),
  ]);
}
