import type { CpResult } from "../results/cp.ts";
import type { Paint } from "./paint.ts";
import { count, formatBytes, safe } from "./text.ts";

/** Says what was copied where, what it cost, and what was left. */
export function renderCopy(result: CpResult, paint: Paint): string {
  const { source, destination, manifests, blobs, bytes, tags, skipped, history } = result;
  const moved = [
    `${count(manifests.copied, "manifest")} and ${count(blobs.copied, "blob")} copied`,
    ...(blobs.mounted > 0 ? [`${count(blobs.mounted, "blob")} mounted`] : []),
    `${manifests.present + blobs.present} there already`,
    `${formatBytes(bytes)} sent`,
  ];
  return [
    `${safe(source)} → ${paint.strong(safe(destination))}`,
    `  ${moved.join(", ")}`,
    ...(tags.length > 0 ? [`  tagged ${tags.map(safe).join(" ")}`] : []),
    ...(history ? renderHistory(history) : []),
    ...skipped.map(({ digest, reason }) => `  ${paint.bad("left out")}  ${digest}  ${reasons[reason]}`),
  ].join("\n");
}

const reasons: Readonly<Record<CpResult["skipped"][number]["reason"], string>> = {
  foreign: "a layer that the source does not hold; the address in the manifest was not followed",
  missing: "listed as attached, but gone from the source",
};

function renderHistory({ records, registry, name, leftOut }: NonNullable<CpResult["history"]>): readonly string[] {
  return [
    `  ${count(records, "record")} of history; verify with: mreg --registry ${safe(registry)} status ${safe(name)}`,
    ...(leftOut.length > 0 ? [`  not mreg's and left at the source: ${leftOut.map(safe).join(" ")}`] : []),
  ];
}
