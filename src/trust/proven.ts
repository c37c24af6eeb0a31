import type { Digest } from "../base/digest.ts";

/** How many independent witnesses a verifier demands; one of each unless told otherwise. */
export interface Thresholds {
  /** Distinct transparency logs that hold the signature. */
  readonly logs?: number;
  /** Distinct authorities that say when it was made: timestamp authorities, and logs that sign their time. */
  readonly times?: number;
  /** Distinct certificate transparency logs that hold the certificate. */
  readonly certificateLogs?: number;
}

/**
 * Says which witnesses are missing; nothing when there are enough. Distinct ones count: one log that is named twice
 * testifies once (CVE-2026-49834).
 */
export function lackingWitness({ logEntries, times }: Proven, thresholds: Thresholds): string | undefined {
  const counts = [
    ["transparency logs", logEntries.map(({ logId }) => logId), thresholds.logs],
    ["sources of time", times.map(({ source, authority }) => `${source} ${authority}`), thresholds.times],
  ] as const;
  for (const [what, names, threshold = 0] of counts) {
    const count = new Set(names).size;
    if (count < threshold) return `${count} distinct ${what}, expected at least ${threshold}`;
  }
  return undefined;
}

/** What was proven besides who signed: every log entry and every time in the bundle, and under which root. */
export interface Proven {
  /** SHA-256 of the trusted root. */
  readonly root: Digest;
  /** Earliest first. The signature existed at the first of them. */
  readonly times: readonly ProvenTime[];
  readonly logEntries: readonly ProvenLogEntry[];
}

export interface ProvenTime {
  /** RFC 3339, UTC. */
  readonly time: string;
  /** Who says so. A log tells the time only with a signature of its own over it. */
  readonly source: "timestamp-authority" | "transparency-log";
  /** URL of the authority or log, from the trusted root. */
  readonly authority: string;
}

export interface ProvenLogEntry {
  /** URL of the log, from the trusted root. */
  readonly log: string;
  /** Base64 of the log's key id. */
  readonly logId: string;
  /** Position in the log that the inclusion proof shows, or that the log has signed. */
  readonly index: string;
  /** `hashedrekord`, `dsse` or `intoto`. */
  readonly kind: string;
}
