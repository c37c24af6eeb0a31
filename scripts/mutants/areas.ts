/** What is to be broken, and the unit tests that have to notice: others may break as well, by chance. */
export interface Area {
  readonly sources: readonly string[];
  readonly tests: readonly string[];
}

const gates = "src/lifecycle/gates";
const decision = "src/lifecycle/decision";
const tighten = "src/lifecycle/policy/tighten";

export const areas: readonly Area[] = [
  {
    sources: [gates, `${decision}/decide.ts`, `${decision}/circumstances.ts`],
    tests: [gates, `${decision}/decide.test.ts`, `${decision}/circumstances.test.ts`],
  },
  { sources: [tighten], tests: [tighten] },
];
