import type { Digest } from "../../base/digest.ts";
import type { Chain, ChainLink, VersionState } from "../chain/fold.ts";
import { versionTag } from "../versions/tags.ts";
import { daysUntil } from "./history.ts";

/** May content be handed out? `audit`: only to look at it, and when asked for by that word. `link`: who said so. */
export type Servable =
  | { readonly answer: "yes"; readonly warning?: string }
  | { readonly answer: "audit"; readonly reason: string; readonly link: ChainLink }
  | { readonly answer: "no"; readonly reason: string; readonly link: ChainLink };

/**
 * Tells by the chain whether a version may still be handed out: a revoked one never, an archived one for audits, a
 * retired one with a warning until its sunset.
 *
 * Content that is several versions is as bad as the worst of them.
 */
export function servable({ policy, state }: Chain, digest: Digest, now: Date): Servable {
  const versions = [...state.versions.values()].filter((version) => version.digest === digest);
  const answers = versions.map((version) => judge(version, policy.states.get(version.state), now));
  return (
    answers.find(({ answer }) => answer === "no") ??
    answers.find(({ answer }) => answer === "audit") ??
    answers.find((one) => "warning" in one) ?? { answer: "yes" }
  );
}

function judge(
  { by, link, since, state, sunset, version }: VersionState,
  rule: { readonly serve: string; readonly terminal: boolean } | undefined,
  now: Date,
): Servable {
  const { record } = link;
  const name = versionTag(version);
  if (record.kind === "revoke") {
    return {
      ...{ answer: "no", link },
      reason: `${name} was revoked on ${since} by ${by.person}: ${record.reason ?? "no reason given"}`,
    };
  }
  if (rule?.terminal)
    return { answer: "audit", link, reason: `${name} is ${state} since ${since}: it is kept for audits` };
  if (rule?.serve !== "until-sunset" || sunset === undefined) return { answer: "yes" };
  const days = daysUntil(sunset, now);
  const next = record.successor === undefined ? "" : `; ${record.successor} takes over`;
  if (days <= 0) return { answer: "audit", link, reason: `${name} is ${state}, and its sunset was ${sunset}${next}` };
  const left = days === 1 ? "1 day" : `${days} days`;
  return { answer: "yes", warning: `${name} is ${state}: ${left} left, until ${sunset}${next}` };
}
