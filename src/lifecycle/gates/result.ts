import { type EvidenceReference, type GateCode, type GateResult, gateCodes } from "../decision/decision.ts";
import type { MemberStatement, Situation } from "../decision/situation.ts";
import { type Policy, personsInRoles } from "../policy/policy.ts";

/** What a denial says besides its reason. */
export interface DenialDetail {
  readonly evidence?: readonly EvidenceReference[];
  readonly fix?: string;
  readonly who?: readonly string[];
}

export function pass(gate: string, reason: string, evidence: readonly EvidenceReference[] = []): GateResult {
  return { gate, code: "MREG-OK", passed: true, reason, evidence };
}

export function deny(
  gate: string,
  code: keyof typeof gateCodes,
  reason: string,
  { evidence = [], fix, who }: DenialDetail = {},
): GateResult {
  const stable: GateCode = gateCodes[code];
  return {
    gate,
    code: stable,
    passed: false,
    reason,
    evidence,
    ...(fix === undefined ? {} : { fix }),
    ...(who === undefined ? {} : { who }),
  };
}

/** Names a statement in a result. */
export function reference(statement: MemberStatement, time?: string): EvidenceReference {
  return { digest: statement.digest, signer: statement.member.name, ...(time === undefined ? {} : { time }) };
}

/** The version as commands take it: `risk:v4`. */
export function commandTarget({ model, version }: Situation): string {
  return `${model}:v${version}`;
}

/** Who could sign evidence of a kind; everybody with a role where the rule names none. */
export function whoMaySign(policy: Policy, roles: readonly string[] | undefined): readonly string[] {
  return personsInRoles(policy, roles ?? [...policy.roles.keys()]);
}
