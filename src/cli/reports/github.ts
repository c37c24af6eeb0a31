import { appendFile } from "node:fs/promises";
import type { Context } from "../context.ts";
import { safe } from "../render/text.ts";
import type { DecisionView } from "../results/decision.ts";

/** Annotations of one step; GitHub shows no more than ten of a kind. */
const annotationLimit = 10;

/**
 * In GitHub Actions: outputs and a summary of the step, and annotations of the gates that failed. Nothing elsewhere.
 *
 * Text from the registry could hold workflow commands, Markdown or HTML: everything is escaped for where it goes.
 */
export async function reportToGithub(
  { env, note }: Pick<Context, "env" | "note">,
  decision: DecisionView,
): Promise<void> {
  if (env["GITHUB_ACTIONS"] !== "true") return;
  const failed = decision.gates.filter(({ passed }) => !passed);
  for (const line of annotations(failed)) note(line);
  const { GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary } = env;
  if (output) {
    const { allowed, digest } = decision;
    await appendFile(
      output,
      `allowed=${allowed}\ndigest=${digest}\ndenied=${failed.map(({ code }) => code).join(",")}\n`,
    );
  }
  if (summary) await appendFile(summary, summaryOf(decision));
}

/** What denies comes first; when there is more than fits, the last one says so. */
export function annotations(failed: DecisionView["gates"]): readonly string[] {
  const sorted = [...failed.filter(({ waiver }) => !waiver), ...failed.filter(({ waiver }) => waiver)];
  const shown = sorted.length > annotationLimit ? sorted.slice(0, annotationLimit - 1) : sorted;
  const lines = shown.map(({ code, gate, reason, waiver }) => {
    const title = escapeProperty(`${code} ${gate}`);
    // What stays a control character would still reach the terminal of whoever reads the log.
    return safe(`::${waiver ? "warning" : "error"} title=${title}::${escapeData(reason)}`);
  });
  const more = sorted.length - shown.length;
  return more > 0 ? [...lines, `::error title=mreg::${more} more gates failed; see the log`] : lines;
}

function summaryOf({ model, version, from, to, allowed, gates, policy }: DecisionView): string {
  const rows = gates.map(({ code, gate, passed, reason, waiver }) => {
    const mark = passed ? "✓" : waiver ? "!" : "✗";
    return `| ${mark} | ${cell(gate)} | ${passed ? "" : code} | ${cell(reason)} |`;
  });
  return [
    `### ${allowed ? "ALLOWED" : "DENIED"} ${cell(model)} ${version}: ${cell(from)} → ${cell(to)}`,
    "",
    `Policy ${cell(policy.name)}@${policy.version}`,
    "",
    "| | gate | code | reason |",
    "|---|---|---|---|",
    ...rows,
    "",
    "",
  ].join("\n");
}

/** @see {@link https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts} */
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** Text in a table of Markdown: no links, no HTML, no new cell and no new line. */
function cell(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ")
    .slice(0, 500)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*_{}[\]()#|!~@]/g, (char) => `&#${char.codePointAt(0)};`);
}
