import { predicateTypes } from "../../evidence/predicate-types.ts";
import { fromContentDigest } from "../../evidence/predicates/digest-set.ts";
import { Timestamp } from "../../evidence/predicates/resource.ts";
import { TestResult } from "../../evidence/predicates/test-result.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { ScanRule } from "../policy/schema.ts";
import { conditionsGate } from "./conditions.ts";
import { partsOf } from "./parts.ts";
import { commandTarget, type DenialDetail, deny, pass, whoMaySign } from "./result.ts";
import { type Candidate, references, selectEvidence } from "./selection.ts";

/** A scan found nothing, and it read every file of weights that the manifest names. */
export function scanGate(situation: Situation, gate: string, rule: ScanRule): readonly GateResult[] {
  const fix = `mreg attach ${commandTarget(situation)} --type scan`;
  const selection = selectEvidence(situation, {
    gate,
    fix,
    wanted: "scan of the weights",
    signedBy: rule.signedBy,
    maxAge: rule.maxAge,
    predicateType: predicateTypes.scan,
    schema: TestResult,
    // Other tests share the type; only a scan lists the files it read.
    matches: ({ scannedFiles }) => scannedFiles !== undefined,
    // An extension that mreg's own scanner writes; the annotation that tells when it was attached is not signed.
    timeOf: ({ scannedAt }) => Timestamp.safeParse(scannedAt).data,
    parts: partsOf(gate, rule),
  });
  if (selection.denial) return [selection.denial];
  const detail = { evidence: references(selection.newest), fix, who: whoMaySign(situation.policy, rule.signedBy) };
  const coverage = judgeCoverage(situation, gate, rule, { candidates: selection.newest, detail });
  return [coverage, ...conditionsGate(situation, gate, rule, selection.newest)];
}

function judgeCoverage(
  situation: Situation,
  gate: string,
  rule: ScanRule,
  { candidates, detail }: { readonly candidates: readonly Candidate<TestResult>[]; readonly detail: DenialDetail },
): GateResult {
  const failed = candidates.find(({ predicate }) => predicate.result !== rule.result)?.predicate;
  if (failed) {
    const tests = (failed.failedTests ?? failed.warnedTests ?? []).slice(0, 5).join(", ");
    const found = tests === "" ? "" : `: ${tests}`;
    return deny(gate, "scanFailed", `the scan says ${failed.result}, expected ${rule.result}${found}`, detail);
  }
  const uncovered = rule.coverAllFiles
    ? situation.weights.filter(({ digest }) => candidates.some(({ predicate }) => !covers(predicate, digest)))
    : [];
  if (uncovered.length > 0) {
    const names = uncovered.slice(0, 5).map(({ path }) => path);
    const more = uncovered.length > 5 ? ` and ${uncovered.length - 5} more` : "";
    return deny(gate, "scanUncovered", `the scan did not read ${names.join(", ")}${more}`, detail);
  }
  return pass(gate, `${rule.result}, ${situation.weights.length} files of weights`, detail.evidence);
}

/** By digest: a path says nothing about the bytes under it. */
function covers({ scannedFiles }: TestResult, digest: string): boolean {
  return (scannedFiles ?? []).some((file) => fromContentDigest(file.digest) === digest);
}
