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
    file: "src/lifecycle/gates/approvals.ts",
    line: "requester: new Set(requester ? [requester.person] : []),",
    change: '[] → ["Stryker was here"]',
    reason: "nobody is called that",
  },
  {
    file: "src/lifecycle/gates/approvals.ts",
    line: "return { statement, time: approval.approvedAt, ...(refusal === undefined ? {} : { refusal }) };",
    change: "refusal === undefined → false",
    reason: "a reason that is undefined is read like one that is absent; the type alone tells them apart",
  },
  {
    file: "src/lifecycle/gates/baseline.ts",
    line: 'if (!first) return deny(gate, "missing", "no evaluation to compare");',
    change: "!first → false",
    reason: neverEmpty,
  },
  {
    file: "src/lifecycle/gates/risk-class.ts",
    line: "const unknown = found.filter((risk) => risk === undefined || !riskClasses.includes(risk));",
    change: "risk === undefined → false",
    reason: "no list of classes includes undefined; the type of `includes` alone does not take it",
  },
  {
    file: "src/lifecycle/gates/scan.ts",
    line: "return (scannedFiles ?? []).some((file) => fromContentDigest(file.digest) === digest);",
    change: '[] → ["Stryker was here"]',
    reason: "the query of the gate selects only statements that have the field",
  },
  {
    file: "src/lifecycle/gates/selection.ts",
    line: "if (!first) return undefined;",
    change: "!first → false",
    reason: neverEmpty,
  },
];
