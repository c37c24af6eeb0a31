import { scanFindingLimit } from "../limits.ts";

/**
 * What a scan says of a file. `safe`: data only, of a known format, read to its end. `suspicious`: would run code that
 * is not known to be harmless, or is put together as no writer does. `dangerous`: would run what no model needs.
 * `unscannable`: it cannot be told.
 */
export type ScanVerdict = "safe" | "suspicious" | "dangerous" | "unscannable";

/** Something that was seen, and where. A `note` is worth knowing, and no reason against a file. */
export interface ScanFinding {
  readonly severity: Exclude<ScanVerdict, "safe"> | "note";
  /** What it is, for people. */
  readonly reason: string;
  /** Path within archives, the outermost first. */
  readonly member?: string;
  /** What a pickle imports: `module.name`. */
  readonly global?: string;
  readonly opcode?: string;
  /** Bytes from the start of the file, or of the member. */
  readonly offset?: number;
}

const ranks: Readonly<Record<ScanVerdict | "note", number>> = {
  safe: 0,
  note: 0,
  suspicious: 1,
  unscannable: 2,
  dangerous: 3,
};

/** Collects findings: the worst of them is the verdict, and equal ones count once. */
export class ScanFindings {
  readonly #kept = new Map<string, ScanFinding>();
  #worst: ScanVerdict = "safe";

  add(finding: ScanFinding): void {
    const { severity } = finding;
    if (severity !== "note" && ranks[severity] > ranks[this.#worst]) this.#worst = severity;
    const key = [finding.severity, finding.member, finding.global ?? finding.reason].join("\n");
    if (!this.#kept.has(key) && this.#kept.size < scanFindingLimit) this.#kept.set(key, shortened(finding));
  }

  /** Takes over what others have collected. */
  absorb(others: ScanFindings): void {
    for (const finding of others.#kept.values()) this.add(finding);
    if (ranks[others.#worst] > ranks[this.#worst]) this.#worst = others.#worst;
  }

  get verdict(): ScanVerdict {
    return this.#worst;
  }

  /** The worst first. */
  get list(): readonly ScanFinding[] {
    return [...this.#kept.values()].sort((a, b) => ranks[b.severity] - ranks[a.severity]);
  }
}

/** Names come from the file, and nobody needs ten kilobytes of one. */
function shortened(finding: ScanFinding): ScanFinding {
  const { reason, member, global } = finding;
  return {
    ...finding,
    reason: printable(reason, 500),
    ...(member === undefined ? {} : { member: printable(member, 300) }),
    ...(global === undefined ? {} : { global: printable(global, 200) }),
  };
}

function printable(text: string, limit: number): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, "\uFFFD");
  return plain.length > limit ? `${plain.slice(0, limit)}…` : plain;
}
