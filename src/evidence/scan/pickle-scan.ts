import { ModelError } from "../../model/errors.ts";
import { ByteCursor } from "../../model/formats/byte-cursor.ts";
import { type PickleEnd, type PickleOddity, walkPickle } from "../../model/formats/pickle/machine.ts";
import { isLegacyTorch, LegacyStorages } from "../../model/formats/torch-legacy.ts";
import { pickleJudgedLimit } from "../../model/limits.ts";
import type { RangeReader } from "../../model/weights/range-reader.ts";
import { isDangerousGlobal } from "./dangerous-globals.ts";
import { isSafeGlobal } from "./safe-globals.ts";
import { type ScanFinding, ScanFindings } from "./verdict.ts";

/** Pickles in sequence that are each looked at; legacy PyTorch writes five. */
const sequenceLimit = 10_000;

/** Items of a container that a verdict can depend on: the shape and the type of an array. The rest need not be kept. */
const judged = { itemLimit: 256, retainedLimit: pickleJudgedLimit };

/** How far behind the last pickle another is searched for, and how often one is tried. */
const probeBytes = 1024 * 1024;
const probeLimit = 64;

const oddities: Readonly<Record<PickleOddity, readonly [severity: ScanFinding["severity"], reason: string]>> = {
  "unresolved-global": ["dangerous", "imports something whose name cannot be told"],
  "attributes-of-global": ["dangerous", "sets attributes of what it did not make"],
  "call-of-value": ["suspicious", "calls a value instead of a function that it names"],
  extension: ["suspicious", "imports by a number of copyreg's extension registry"],
  "unknown-memo": ["suspicious", "takes a value that was never remembered"],
  "misplaced-protocol": ["suspicious", "names its protocol twice, or late: it was put together by hand"],
};

/** What is scanned: a part of some content, and its path for findings. */
export interface PickleSource {
  readonly read: RangeReader;
  readonly member?: string;
  /** Whether what does not start like a pickle may be something else. */
  readonly isGuess?: boolean;
}

/**
 * Judges pickles by what they import, from the first to the end of the content.
 *
 * @returns how many pickles there are; 0 for a guess that was wrong, of which nothing is then found.
 */
export async function scanPickles({ read, member, isGuess = false }: PickleSource, findings: ScanFindings) {
  const cursor = new ByteCursor(read);
  const at = member === undefined ? {} : { member };
  const storages = new LegacyStorages();
  let last: PickleEnd | undefined;
  let isLegacy = false;
  for (let pickles = 0; ; pickles++) {
    if (pickles > 0 && cursor.left === 0) return pickles;
    if (isLegacy && pickles === 5) {
      const problem = await storages.skip(cursor, last?.value);
      if (problem === undefined) return pickles;
      findings.add({ severity: "suspicious", reason: problem, ...at, offset: cursor.position });
      await probe(cursor, findings, at);
      return pickles;
    }
    const start = cursor.position;
    const found = new ScanFindings();
    try {
      // The fifth pickle of legacy PyTorch names every storage.
      const limits = isLegacy && pickles === 4 ? {} : judged;
      last = await walkPickle(cursor, observer(found, at, storages), limits);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      if (pickles === 0) {
        if (isGuess && found.verdict === "safe") return 0;
        found.add({ severity: "unscannable", reason: `pickle ${error.message}`, ...at });
        findings.absorb(found);
        return 1;
      }
      findings.absorb(found);
      cursor.position = start;
      const reason = `${cursor.left} bytes after the last pickle are none`;
      findings.add({ severity: "suspicious", reason, ...at, offset: start });
      await probe(cursor, findings, at);
      return pickles;
    }
    findings.absorb(found);
    if (pickles === 0) isLegacy = isLegacyTorch(last.value);
    if (pickles === sequenceLimit) {
      findings.add({ severity: "unscannable", reason: `holds more than ${sequenceLimit} pickles`, ...at });
      return pickles;
    }
  }
}

/** Looks for pickles behind bytes that are none: a program that seeks finds them, too. */
async function probe(cursor: ByteCursor, findings: ScanFindings, at: { readonly member?: string }): Promise<void> {
  await cursor.fill(Math.min(probeBytes, Math.max(cursor.left, 0)));
  const origin = cursor.position;
  const bytes = Buffer.from(cursor.peek(probeBytes));
  let tries = 0;
  for (let start = bytes.indexOf(0x80); start >= 0 && tries < probeLimit; start = bytes.indexOf(0x80, start + 1)) {
    const version = bytes[start + 1] ?? 0xff;
    if (version > 5) continue;
    tries++;
    const found = new ScanFindings();
    cursor.position = origin + start;
    try {
      await walkPickle(cursor, observer(found, at, new LegacyStorages()), judged);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
    }
    // What only looks like a pickle imports nothing that has a name.
    for (const finding of found.list) if (finding.global !== undefined) findings.add(finding);
  }
}

function observer(findings: ScanFindings, at: { readonly member?: string }, storages: LegacyStorages) {
  return {
    global: ({ module, name }: { module: string; name: string }, place: { opcode: string; offset: number }) => {
      if (isSafeGlobal(module, name)) return;
      const global = `${module}.${name}`;
      const isDangerous = isDangerousGlobal(module, name);
      const reason = isDangerous
        ? "imports what runs code or reaches the system"
        : "imports what is not known to be harmless";
      findings.add({ severity: isDangerous ? "dangerous" : "suspicious", reason, ...at, global, ...place });
    },
    oddity: (oddity: PickleOddity, place: { opcode: string; offset: number }) => {
      const [severity, reason] = oddities[oddity];
      findings.add({ severity, reason, ...at, ...place });
    },
    persistent: (id: Parameters<LegacyStorages["add"]>[0]) => storages.add(id),
  };
}
