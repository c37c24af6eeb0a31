import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** One project per level of architecture.md's "Tests"; `npm test` runs all but `peers`. */
const project = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  // Limits are for what hangs: no test may fail because the machine is slow, so they are far above what any of them takes.
  test: {
    name,
    include,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 5 } },
    ...extra,
  },
});

/** Where the program is killed, crowded or used as others use it, each command is a process. */
const processes = { MREG_TEST_PROCESSES: "1" };

export default defineConfig({
  test: {
    teardownTimeout: 60_000,
    reporters: ["default", "./test/support/skip-reporter.ts"],
    // Half of the time is spent waiting for child processes and for the pauses of the referrers fallback.
    maxWorkers: availableParallelism() + 1,
    projects: [
      project("unit", ["{src,bench}/**/*.test.ts"]),
      project("contract", ["test/contract/**/*.test.ts"]),
      project("conformance", ["test/conformance/**/*.test.ts"]),
      project("faults", ["test/faults/**/*.test.ts"], { maxConcurrency: 16 }),
      project("e2e", ["test/e2e/**/*.test.ts"], {
        globalSetup: ["test/support/cli/templates.ts"],
      }),
      // Kills, crowds and very long lists: minutes of processes, so that `npm test` leaves them to `npm run test:endurance`.
      project("endurance", ["test/endurance/**/*.test.ts"], {
        testTimeout: 1_800_000,
        env: processes,
        fileParallelism: false,
        globalSetup: ["test/support/cli/templates.ts"],
      }),
      project("peers", ["test/peers/**/*.test.ts"], {
        testTimeout: 1_800_000,
        hookTimeout: 1_800_000,
        env: processes,
        fileParallelism: false,
        globalSetup: ["test/peers/support/setup.ts", "test/support/cli/templates.ts"],
      }),
    ],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      // The CLI runs as a process of its own in e2e, where coverage does not see it.
      exclude: ["src/**/*.test.ts", "src/cli/**", "src/contract/**"],
      thresholds: { lines: 95, branches: 95 },
    },
  },
});
