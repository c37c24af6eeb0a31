import { statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/**
 * Where these levels keep their files, unless TMPDIR says where: in memory, where there is enough of it. A layout asks
 * the disk to keep each file, which is what most of these tests waited for; none of them is about power that fails.
 */
const memory = "/dev/shm";
const neededBytes = 4 * 1024 ** 3;
const scratch = process.env["TMPDIR"] === undefined && freeBytes(memory) >= neededBytes ? { TMPDIR: memory } : {};

function freeBytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return Math.min(bavail * bsize, process.availableMemory());
  } catch {
    return 0;
  }
}

/**
 * Files of tests share a process, and with it the modules that are loaded; support/shared-process.ts watches over it.
 */
const shared = { isolate: false, setupFiles: ["test/support/shared-process.ts"], env: scratch };

/** One project per level of architecture.md's "Tests"; `npm test` runs all but `peers`. */
const project = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  // Limits are for what hangs: no test may fail because the machine is slow, so they are far above what any of them
  // takes.
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
      project("unit", ["{src,bench}/**/*.test.ts"], shared),
      project("contract", ["test/contract/**/*.test.ts"], shared),
      project("conformance", ["test/conformance/**/*.test.ts"], shared),
      project("faults", ["test/faults/**/*.test.ts"], { ...shared, maxConcurrency: 16 }),
      project("e2e", ["test/e2e/**/*.test.ts"], {
        ...shared,
        globalSetup: ["test/support/cli/templates.ts"],
      }),
      // Kills, crowds and very long lists: minutes of processes, so that `npm test` leaves them to `npm run
      // test:endurance`.
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
