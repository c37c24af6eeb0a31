import { expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { type Draft, put, situationOf, weights } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import { decide } from "../decision/decide.ts";

const scan = (d: Draft, predicate: object) => put(d, "scan", { predicate });
const failed = (count: number) => ({
  result: "FAILED",
  failedTests: Array.from({ length: count }, (_, at) => `test-${at}`),
});

test.each<readonly [what: string, change: (d: Draft) => void, reason: string]>([
  [
    "five tests failed",
    (d) => scan(d, predicates.scan([weights], failed(5))),
    "the scan says FAILED, expected PASSED: test-0, test-1, test-2, test-3, test-4",
  ],
  [
    "more failed than are named",
    (d) => scan(d, predicates.scan([weights], failed(6))),
    "the scan says FAILED, expected PASSED: test-0, test-1, test-2, test-3, test-4",
  ],
  [
    "a file was not read",
    (d) => scan(d, predicates.scan([digestOf("other")])),
    "the scan did not read model.safetensors",
  ],
])("scan: denied: %s: says by which scan, who can sign another, and how", (_what, change, reason) => {
  const result = decide(situationOf(change)).gates.find(({ gate }) => gate === "scan");
  expect(result).toMatchObject({ passed: false, reason, fix: "mreg attach ml/risk:v2 --type scan" });
  expect(result?.evidence.map(({ digest, signer }) => ({ digest, signer }))).toEqual([
    { digest: digestOf("scan"), signer: "alice" },
  ]);
  expect(result?.who).toEqual(["alice", "ci"]);
});
