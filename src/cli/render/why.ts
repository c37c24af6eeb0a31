import type { WhyResult } from "../results/why.ts";
import type { Paint } from "./paint.ts";
import { recordTimeWords } from "./record-time.ts";
import { safe, shortDigest } from "./text.ts";

type Answer = WhyResult["answers"][number];
type Judged = Answer["judged"][number];

/** The auditor's question on one screen. */
export function renderWhy({ answers, head, name, openBreakGlass }: WhyResult, paint: Paint): string {
  return [
    ...answers.flatMap((answer) => renderAnswer(name, answer, paint)),
    ...openBreakGlass.map(
      ({ expiresAt, followUpBy, incident, version }) =>
        `${paint.bad("!")} ${version} came by break-glass (${safe(incident)}): ends ${expiresAt}, to be followed up by ${followUpBy}`,
    ),
    ...(head
      ? [
          paint.dim(
            `history of ${head.sequence} records, the newest of ${head.recordedAt} (${shortDigest(head.digest)})`,
          ),
        ]
      : []),
  ].join("\n");
}

function renderAnswer(name: string, answer: Answer, paint: Paint): string[] {
  const { heldSince, history, judged, reference, since, slot, state, sunset, version, weight } = answer;
  const where =
    slot === undefined || slot === "main" ? "" : `, slot ${safe(slot)}${weight === undefined ? "" : ` at ${weight} %`}`;
  return [
    paint.strong(`${safe(name)} ${version} is in ${safe(state)}${where} since ${since}`),
    `  content    ${safe(reference)}`,
    ...(sunset === undefined ? [] : [`  sunset     ${sunset}`]),
    ...(heldSince === undefined ? [] : [`  legal hold since ${heldSince}`]),
    ...judged.flatMap((record) => renderJudged(record, paint)),
    `  history    ${history.map(({ from, recordedAt, to, transition }) => `${recordedAt.slice(0, 10)} ${safe(transition === "promote" ? `${from} → ${to}` : transition)}`).join("; ")}`,
  ];
}

function renderJudged(
  { allowed, approvals, evidence, gates, policy, record, verdict }: Judged,
  paint: Paint,
): string[] {
  const failed = gates.filter(({ passed }) => !passed);
  const time = recordTimeWords(record.time, paint);
  const signers = [...new Set(approvals.map(({ signer, time }) => `${safe(signer)}${time ? ` on ${time}` : ""}`))];
  const judgedWords = allowed
    ? paint.good(`✓ judged again now: all ${gates.length} gates pass`)
    : paint.bad(
        `✗ judged again now: ${failed.map(({ code, gate, reason }) => `${code} ${safe(gate)}: ${safe(reason)}`).join("; ")}`,
      );
  return [
    `  ${safe(record.transition).padEnd(10)} record ${record.sequence} (${shortDigest(record.digest)}) by ${safe(record.person)} on ${record.recordedAt}${record.reason === undefined ? "" : `: ${safe(record.reason)}`}`,
    ...(time === undefined ? [] : [`             ${time}`]),
    `  approved   ${signers.length > 0 ? `by ${signers.join(", ")}` : "by nobody; the policy asks for none"}`,
    ...byGate(evidence).map(
      ([gate, statements], at) =>
        `  ${(at === 0 ? "evidence" : "").padEnd(10)} ${safe(gate)}: ${statements.join(", ")}`,
    ),
    `  policy     ${safe(policy.name)}@${policy.version} (${shortDigest(policy.digest)})${policy.changed ? "; it has changed since, and its present form judges" : ""}`,
    `  verified   ${judgedWords}; verdict ${shortDigest(verdict)}`,
  ];
}

function byGate(evidence: Judged["evidence"]): readonly (readonly [string, readonly string[]])[] {
  const gates = new Map<string, string[]>();
  for (const { digest, gate, signer, time } of evidence) {
    const words = `${shortDigest(digest)} by ${safe(signer)}${time ? ` of ${time}` : ""}`;
    const known = gates.get(gate) ?? [];
    if (!known.includes(words)) gates.set(gate, [...known, words]);
  }
  return [...gates];
}
