import type { Decision, GateResult } from "../../lifecycle/index.ts";
import type { DecisionView } from "../results/decision.ts";
import type { Paint } from "./paint.ts";
import { safe, shortDigest } from "./text.ts";

/** Turns the lifecycle's decision into what JSON shows. */
export function viewDecision(decision: Decision): DecisionView {
  const { kind, version, requester, ...rest } = decision;
  return {
    ...rest,
    version: `v${version}`,
    transition: kind,
    policy: { ...rest.policy },
    weakened: [...rest.weakened],
    gates: rest.gates.map(viewGate),
    evidence: [...rest.evidence],
    approvals: [...rest.approvals],
    ...(requester ? { requester: { ...requester, roles: [...requester.roles] } } : {}),
  };
}

function viewGate({ evidence, parts, waiver, who, ...gate }: GateResult): DecisionView["gates"][number] {
  return {
    ...gate,
    evidence: evidence.map((reference) => ({ ...reference })),
    ...(who ? { who: [...who] } : {}),
    ...(parts ? { parts: [...parts] } : {}),
    ...(waiver ? { waiver: viewWaiver(waiver) } : {}),
  };
}

function viewWaiver({ evidence, ...waiver }: NonNullable<GateResult["waiver"]>) {
  return { ...waiver, ...(evidence ? { evidence: { ...evidence } } : {}) };
}

/**
 * Writes a decision for people: every failed gate with what was found, what to do and who can, then the passed ones.
 *
 * @param ending - the last sentence: what was, or was not, written.
 */
export function renderDecision(decision: DecisionView, paint: Paint, ending: string): string {
  const { model, version, digest, from, to, policy } = decision;
  const verdict = decision.allowed ? paint.good("ALLOWED") : paint.bad("DENIED");
  const move = `${safe(model)} ${version} (${shortDigest(digest)})  ${safe(from)} → ${safe(to)}`;
  const passed = decision.gates.filter((gate) => gate.passed);
  return [
    `${verdict}  ${paint.strong(move)}   policy ${safe(policy.name)}@${policy.version} ${shortDigest(policy.digest)}`,
    ...decision.weakened.map((weakness) => ` ! this policy is weakened: ${safe(weakness)}`),
    ...decision.gates.filter(({ passed, waiver }) => !passed && !waiver).flatMap((gate) => renderFailure(gate, paint)),
    ...decision.gates.filter(({ waiver }) => waiver).map((gate) => renderWarning(gate, paint)),
    ...(passed.length > 0 ? [` ${passed.map(({ gate }) => `${paint.good("✓")} ${safe(gate)}`).join(" ")}`] : []),
    ` ${[identity(decision), ending].filter(Boolean).join(" ")}`,
  ].join("\n");
}

function renderFailure(
  { code, evidence, fix, gate, reason, who }: DecisionView["gates"][number],
  paint: Paint,
): string[] {
  const fact = (label: string, text: string) => `     ${paint.dim(label.padEnd(9))} ${safe(text)}`;
  return [
    ` ${paint.bad("✗")} ${code} ${paint.strong(safe(gate))}   ${safe(reason)}`,
    ...evidence.map(({ digest, signer, time }) =>
      fact("evidence", `${shortDigest(digest)} by ${signer}${time ? ` ${time}` : ""}`),
    ),
    ...(fix ? [fact("fix", fix)] : []),
    ...(who ? [fact("who can", who.join(", ") || "nobody in this policy")] : []),
  ];
}

function renderWarning({ code, gate, reason, waiver }: DecisionView["gates"][number], paint: Paint): string {
  return ` ! ${code} ${paint.strong(safe(gate))}   ${safe(reason)}; ${paint.dim(safe(waiver?.reason ?? ""))}`;
}

function identity({ requester }: DecisionView): string {
  if (!requester) return "";
  const roles = requester.roles.length > 0 ? requester.roles.join(", ") : "no role";
  return `You are ${safe(requester.person)} (${safe(roles)}).`;
}
