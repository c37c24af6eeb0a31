import { expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { type Case, outcome } from "../../../test/support/policy-edits.ts";
import { type Draft, item, put, situationOf, weights } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import { decide } from "../decision/decide.ts";
import type { Situation } from "../decision/situation.ts";

const scan = (d: Draft, predicate: object) => put(d, "scan", { predicate });
const failed = (count: number) => ({
  result: "FAILED",
  failedTests: Array.from({ length: count }, (_, at) => `test-${at}`),
});
const scanSays =
  (change: Record<string, unknown>) =>
  (d: Draft): void =>
    scan(d, predicates.scan([weights], change));

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

test.each<Case>([
  [
    "of two scans of one time only one read the file",
    (d) => d.items.push(item("scan", predicates.scan([digestOf("other")]), "ci", "second")),
    ["scan MREG-E211"],
  ],
  ["a scan that read another file, too", (d) => scan(d, predicates.scan([digestOf("other"), weights])), []],
  ["a scan without a time of its own is as old as its attachment", scanSays({ scannedAt: undefined }), []],
  ["a scan as old as it may be", scanSays({ scannedAt: "2026-08-22T12:00:00Z" }), []],
  ["a scan a second older", scanSays({ scannedAt: "2026-08-22T11:59:59Z" }), ["scan MREG-E103"]],
])("scan: %s", (_what, change, expected) => {
  expect(outcome(change)).toEqual({ failed: expected, allowed: expected.length === 0 });
});

const unread = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ path: `part-${at}`, digest: digestOf(`part ${at}`) }));

test.each<readonly [change: (d: Draft) => void, more: Partial<Situation>, reason: string]>([
  [scanSays({ scannedAt: "2026-08-01T00:00:00Z" }), {}, "scan of the weights is 111d old, expected at most 90d"],
  [
    (d) => put(d, "scan", { predicate: predicates.scan([weights], { scannedAt: undefined }), attachedAt: undefined }),
    {},
    "scan of the weights claims no time, expected at most 90d",
  ],
  [
    scanSays({ result: "FAILED", failedTests: ["a", "b"], warnedTests: ["c"] }),
    {},
    "the scan says FAILED, expected PASSED: a, b",
  ],
  [scanSays({ result: "WARNED", warnedTests: ["c"] }), {}, "the scan says WARNED, expected PASSED: c"],
  [scanSays({ result: "FAILED" }), {}, "the scan says FAILED, expected PASSED"],
  [() => {}, { weights: unread(5) }, "the scan did not read part-0, part-1, part-2, part-3, part-4"],
  [() => {}, { weights: unread(7) }, "the scan did not read part-0, part-1, part-2, part-3, part-4 and 2 more"],
])("scan: what it says, %#", (change, more, reason) => {
  const { gates } = decide({ ...situationOf(change), ...more });
  expect(gates.find(({ gate }) => gate === "scan")?.reason).toBe(reason);
});
