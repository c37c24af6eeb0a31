/** What is to be broken, and the unit tests that have to notice, the quickest first. */
export interface Area {
  readonly sources: readonly string[];
  readonly tests: readonly string[];
}

const gates = "src/lifecycle/gates";
const tighten = "src/lifecycle/policy/tighten";

export const areas: readonly Area[] = [
  {
    sources: [gates, "src/lifecycle/decide.ts", "src/lifecycle/circumstances.ts"],
    tests: [gates, "src/lifecycle/decide.test.ts"],
  },
  { sources: [tighten], tests: [tighten] },
];
