import { defineConfig } from "vitest/config";

/** The project `unit` of vitest.config.ts, and of its tests those that have to notice, as `scripts/mutants.ts` says. */
export default defineConfig({
  test: {
    include: (process.env["MREG_MUTANTS_TESTS"] ?? "{src,bench}/**/*.test.ts").split(","),
    isolate: false,
    setupFiles: ["test/support/shared-process.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
