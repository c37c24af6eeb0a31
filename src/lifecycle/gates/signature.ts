import { signPredicateType } from "../../trust/sign.ts";
import type { GateResult } from "../decision/decision.ts";
import type { MemberStatement, Situation } from "../decision/situation.ts";
import { personsInRoles } from "../policy/policy.ts";
import { commandTarget, deny, pass, reference } from "./result.ts";
import { strangers } from "./selection.ts";

/** Plain signatures of the manifest by members who have a role. */
export function plainSignatures({ statements }: Situation): readonly MemberStatement[] {
  return statements.filter(
    ({ predicateType, member }) => predicateType === signPredicateType && member.roles.length > 0,
  );
}

/** The manifest is signed by somebody whom the policy gives a role. */
export function signatureGate(situation: Situation): GateResult {
  const [first, ...rest] = plainSignatures(situation);
  if (first) {
    const evidence = [first, ...rest].map((statement) => reference(statement, statement.attachedAt));
    return pass("signature", `signed by ${evidence.map(({ signer }) => signer).join(", ")}`, evidence);
  }
  const roleless = situation.statements.filter(({ predicateType }) => predicateType === signPredicateType);
  const detail = {
    evidence: roleless.map((statement) => reference(statement, statement.attachedAt)),
    fix: `mreg sign ${commandTarget(situation)}`,
    who: personsInRoles(situation.policy, [...situation.policy.roles.keys()]),
  };
  if (roleless.length > 0) {
    const names = roleless.map(({ member }) => member.name).join(", ");
    return deny("signature", "untrusted", `signed by ${names}, who has no role in the policy`, detail);
  }
  return deny("signature", "missing", `no signature${strangers(situation)}`, detail);
}

/** The manifest, which the signature covers, names the team that owns the model. */
export function ownerGate(situation: Situation): GateResult {
  const owner = situation.owner?.trim();
  if (owner) return pass("owner", `owned by ${owner}`);
  return deny("owner", "ownerMissing", "the manifest names no owning team", {
    fix: `mreg push ${situation.model} <path>… --owner <team>`,
  });
}
