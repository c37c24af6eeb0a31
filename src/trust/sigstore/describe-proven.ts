import type { RFC3161Timestamp } from "@sigstore/core";
import { encodeBase64 } from "../base64.ts";
import { VerificationError } from "../errors.ts";
import { lackingWitness, type Proven, type ProvenLogEntry, type ProvenTime, type Thresholds } from "../proven.ts";
import { isWithin, type LogAuthority, type TrustRoot } from "../trust-root.ts";
import type { LogEntry } from "./log-entry.ts";

/** Proofs that @sigstore/verify has accepted one by one. */
export interface AcceptedProofs {
  readonly root: TrustRoot;
  readonly thresholds: Thresholds;
  readonly logEntries: readonly LogEntry[];
  readonly timestamps: readonly RFC3161Timestamp[];
}

/**
 * Says what accepted proofs prove together, and checks what can only be seen together: that each log was in use at
 * the proven time, and that the witnesses are distinct (CVE-2026-49834).
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID`.
 */
export function describeProven({ root, thresholds, logEntries, timestamps }: AcceptedProofs): Proven {
  const times = [
    ...logEntries.flatMap((entry) => logTime(root, entry)),
    ...timestamps.map((one) => tsaTime(root, one)),
  ];
  times.sort((one, other) => one.time.localeCompare(other.time));
  const earliest = times[0] && new Date(times[0].time);
  const entries = logEntries.map((entry) => describeEntry(logOf(root, entry, earliest), entry));
  const proven = { root: root.digest, times, logEntries: entries };
  const lacking = lackingWitness(proven, thresholds);
  if (lacking !== undefined) throw invalid(lacking);
  return proven;
}

/**
 * The integrated time counts only when the log has signed it (CVE-2026-48816): a proof of inclusion does not hold it.
 */
function logTime(root: TrustRoot, entry: LogEntry): ProvenTime[] {
  if (!entry.inclusionPromise || entry.integratedTime === "0") return [];
  const time = new Date(Number(entry.integratedTime) * 1000);
  return [{ time: time.toISOString(), source: "transparency-log", authority: logOf(root, entry, time).url }];
}

function tsaTime(root: TrustRoot, { signingTime, signerSerialNumber }: RFC3161Timestamp): ProvenTime {
  const serial = signerSerialNumber.toString("hex");
  const authority = root.timestampAuthorities.find(({ chain, validFor }) => {
    const [signer] = chain;
    return signer && isWithin(validFor, signingTime) && BigInt(`0x${signer.serialNumber}`) === BigInt(`0x${serial}`);
  });
  if (!authority) throw invalid("a timestamp is by an authority that the trusted root does not know");
  return { time: signingTime.toISOString(), source: "timestamp-authority", authority: authority.url };
}

/** The log that holds an entry, in use at a moment. */
function logOf({ logs }: TrustRoot, { logId }: LogEntry, moment: Date | undefined): LogAuthority {
  const known = logs.filter(({ keyId }) => Buffer.from(keyId).equals(logId.keyId));
  const log = known.find(({ validFor }) => moment === undefined || isWithin(validFor, moment));
  if (log) return log;
  const reason = known.length > 0 ? `was not in use at ${moment?.toISOString()}` : "is not in the trusted root";
  throw invalid(`the log ${encodeBase64(logId.keyId)} ${reason}`);
}

function describeEntry({ url }: LogAuthority, entry: LogEntry): ProvenLogEntry {
  return {
    log: url,
    logId: encodeBase64(entry.logId.keyId),
    index: entry.inclusionPromise ? entry.logIndex : (entry.inclusionProof?.logIndex ?? entry.logIndex),
    kind: entry.kindVersion.kind,
  };
}

function invalid(reason: string): VerificationError {
  return new VerificationError("SIGNATURE_INVALID", `the proofs of the bundle do not hold: ${reason}`);
}
