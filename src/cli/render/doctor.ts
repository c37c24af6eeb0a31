import type { DoctorResult } from "../results/doctor.ts";
import { meanings } from "./doctor-meaning.ts";
import type { Paint } from "./paint.ts";
import { count, safe } from "./text.ts";

/** One line per question: the answer, what was asked, what follows. */
export function renderDoctor({ registry, works, findings, left }: DoctorResult, paint: Paint): string {
  const width = Math.max(...Object.values(meanings).map(({ title }) => title.length));
  const lines = findings.map(({ probe, answer, detail, meaning }) => {
    const said = detail === undefined || answer === "unknown" ? "" : ` (${safe(shortened(detail))})`;
    return `${mark(answer, paint)} ${meanings[probe].title.padEnd(width)}  ${meaning}${said}`;
  });
  const verdict = works ? paint.good("mreg's whole job works here") : paint.bad("mreg's whole job does not work here");
  return [
    ...[`${safe(registry)}: ${verdict}`, ...lines],
    ...(left.length > 0
      ? [`left behind, ${count(left.length, "piece")}:`, ...left.map((each) => `  ${safe(each)}`)]
      : []),
  ].join("\n");
}

/** Errors repeat addresses, and a line should stay one. */
const detailLimitCharacters = 100;

function shortened(detail: string): string {
  const reason = detail.replace(/^[A-Z]+ https?:\/\/\S+: /, "");
  return reason.length > detailLimitCharacters ? `${reason.slice(0, detailLimitCharacters)}…` : reason;
}

function mark(answer: DoctorResult["findings"][number]["answer"], paint: Paint): string {
  if (answer === "unknown") return "?";
  return answer === "yes" ? paint.good("✓") : paint.dim("–");
}
