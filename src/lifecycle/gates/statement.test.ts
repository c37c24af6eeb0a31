import { expect, test } from "vitest";
import { add, all, type Case, edit, outcome } from "../../../test/support/policy-edits.ts";
import type { Draft } from "../../../test/support/situation.ts";

const vulns =
  "{predicate: statement, type: 'https://in-toto.io/attestation/vulns/v0.2', signedBy: [ci], conditions: [{cel: 'p.found == 0.0', message: nothing found}]}";
const asked = (...more: ((d: Draft) => void)[]) =>
  all(
    edit("  runbook: {document: runbook}", `  scanned: ${vulns}\n  runbook: {document: runbook}`),
    edit("scan, canary, rollback, runbook]", "scan, canary, rollback, runbook, scanned]"),
    ...more,
  );

test.each<Case>([
  ["is there", asked(add("vulns", { found: 0 }, "ci")), []],
  ["does not meet the condition", asked(add("vulns", { found: 1 }, "ci")), ["scanned.conditions MREG-E250"]],
  ["is missing", asked(), ["scanned MREG-E101"]],
  ["is by the wrong role", asked(add("vulns", { found: 0 }, "alice")), ["scanned MREG-E102"]],
])("statement: another predicate %s", (_what, change, expected) => {
  expect(outcome(change)).toEqual({ failed: expected, allowed: expected.length === 0 });
});
