import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { durationMs } from "../duration.ts";
import type { RotationRule } from "../policy/schema.ts";
import type { EvalInput } from "./eval-input.ts";
import { deny, pass, whoMaySign } from "./result.ts";
import { references } from "./selection.ts";

/** The suite is in the version that counts now: one that stays for years is trained for, knowingly or not. */
export function rotationGate(
  situation: Situation,
  { gate, rule, query, candidates }: EvalInput,
): readonly GateResult[] {
  const { rotation } = rule;
  if (!rotation) return [];
  const evidence = references(candidates);
  const current = currentVersions(rotation, situation.now);
  const found = [...new Set(candidates.map(({ predicate }) => predicate.suite.version))];
  const retired = found.filter((version) => !current.includes(version));
  if (retired.length === 0) return [pass(`${gate}.rotation`, `suite version ${found.join(", ")} is current`, evidence)];
  const expected = current.join(" or ") || "one that the policy has to name first: none counts now";
  return [
    deny(
      `${gate}.rotation`,
      "suiteRetired",
      `suite version ${retired.join(", ")} does not count now, expected ${expected}`,
      {
        ...{ evidence, fix: `evaluate with ${expected}, then ${query.fix}` },
        who: whoMaySign(situation.policy, rule.signedBy),
      },
    ),
  ];
}

function currentVersions({ versions, overlap }: RotationRule, now: Date): readonly string[] {
  return Object.entries(versions)
    .filter(
      ([, { from, until }]) =>
        Date.parse(from) <= now.getTime() && now.getTime() < Date.parse(until) + durationMs(overlap),
    )
    .map(([version]) => version);
}
