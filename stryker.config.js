/** How Stryker breaks the code; `scripts/mutants.ts` says what, and which tests have to notice (docs/decisions/027). */
export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  // Which tests run is said there and not by `testFiles`, with which Stryker never switches on what breaks while a
  // module loads (stryker-js#6209). Processes, as in vitest.config.ts.
  vitest: { configFile: "scripts/mutants/vitest.config.ts", related: false, pool: "forks" },
  // Not copied: what no unit test reads.
  ignorePatterns: ["/.changeset", "/.ci", "/bench", "/coverage", "/dist", "/etc", "/temp"],
  mutator: {
    // Words of messages: most of what survives, and the least that matters.
    excludedMutations: ["StringLiteral"],
  },
  // A loop without end is counted and ends soon; no mutant may be taken for one because the machine is slow.
  timeoutMS: 60_000,
  reporters: ["progress-append-only"],
  allowConsoleColors: false,
  logLevel: "warn",
  cleanTempDir: "always",
};
