/** A mutant that no test can find, because it changes no behaviour. */
export interface Equivalent {
  readonly file: string;
  /** The whole line, trimmed. */
  readonly line: string;
  /** As the run prints it. */
  readonly change: string;
  readonly reason: string;
}

const neverEmpty =
  "a selection without a denial has a newest statement: the type does not say so, and the guard denies";

export const equivalents: readonly Equivalent[] = [
  {
    file: "src/lifecycle/gates/baseline.ts",
    line: 'if (!first) return deny(gate, "missing", "no evaluation to compare");',
    change: "if !first → if false",
    reason: neverEmpty,
  },
  {
    file: "src/lifecycle/gates/selection.ts",
    line: "if (!first) return undefined;",
    change: "if !first → if false",
    reason: neverEmpty,
  },
  {
    file: "src/lifecycle/gates/scan.ts",
    line: "return (scannedFiles ?? []).some((file) => fromContentDigest(file.digest) === digest);",
    change: "scannedFiles ?? [] → scannedFiles",
    reason: "the query of the gate selects only statements that have the field",
  },
  {
    file: "src/lifecycle/gates/license.ts",
    line: 'const refused = found.filter(({ license }) => !allowed.has(license?.trim().toLowerCase() ?? ""));',
    change: 'license?.trim().toLowerCase() ?? "" → license?.trim().toLowerCase()',
    reason: "neither an empty text nor undefined is in the set, since a policy lists no empty licence",
  },
  {
    file: "src/lifecycle/circumstances.ts",
    line: 'if (weightLeft(slots, slot, weight ?? 0) < 0) return refuse("the weights of all slots together exceed 100");',
    change: "weight ?? 0 → weight",
    reason: "without a weight of its own a slot takes nothing, and what others have never exceeds 100",
  },
];
