import type { ByteStream } from "../base/bytes.ts";
import { timestamp } from "../base/clock.ts";
import type { Digest } from "../base/digest.ts";
import { fileKind } from "../model/kind.ts";
import type { ModelView, ModelViewFile } from "../model/view.ts";
import type { ReadOnlyTarget } from "../oci/content.ts";
import { archiveMembers } from "./archive-members.ts";
import { checkDraft, type EvidenceDraft } from "./draft.ts";
import { predicateTypes } from "./predicate-types.ts";
import { toContentDigest } from "./predicates/digest-set.ts";
import type { TestResult } from "./predicates/test-result.ts";
import { scanContent } from "./scan/content-scan.ts";
import { type ScanFinding, ScanFindings, type ScanVerdict } from "./scan/verdict.ts";
import { WitnessedReader } from "./scan/witnessed-reader.ts";

/** Name of the scanner in its results. */
export const formatScanner = "mreg-format-scan";

/** Rises when the scanner judges any file differently than before. */
const formatScannerVersion = "2";

interface FileFinding {
  readonly path: string;
  /** Of the layer that was read. */
  readonly digest: Digest;
  readonly verdict: ScanVerdict;
  readonly detail: string;
  /** What the verdict comes from, the worst first. */
  readonly findings: readonly ScanFinding[];
}

export interface ScanOptions {
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads every weights file of a model from the first byte to the last and tells whether it holds data only.
 *
 * Nothing is loaded or run. Files count as weights by their name, too, whatever kind the manifest declares: whoever
 * pushed it chose the kind. A file passes when all of it is of a known format and imports nothing that is not known to be
 * harmless; what cannot be judged does not.
 *
 * @throws {@link ContentError}, {@link StoreError} when a file cannot be read, or is not what its digest says.
 */
export async function scanWeights(
  store: ReadOnlyTarget,
  view: ModelView,
  options: ScanOptions,
): Promise<EvidenceDraft> {
  const files: FileFinding[] = [];
  // One after the other: each may keep a header of up to 100 MB in memory.
  for (const file of view.files) files.push(...(await scanFile(store, file, options.signal)));
  const draft: EvidenceDraft = {
    kind: "scan",
    predicateType: predicateTypes.scan,
    predicate: {
      ...resultOf(files),
      findings: files.map(({ digest: _, findings, ...file }) => ({ ...file, ...(findings[0] ? { findings } : {}) })),
      scannedAt: timestamp(options.now),
    },
    files: [],
  };
  checkDraft(draft);
  return draft;
}

function resultOf(files: readonly FileFinding[]): TestResult {
  const tests = (...verdicts: readonly ScanVerdict[]) =>
    files.filter(({ verdict }) => verdicts.includes(verdict)).map(({ verdict, path }) => `${verdict}:${path}`);
  const warnedTests = tests("suspicious");
  // A scan of nothing says nothing, so it must not pass.
  const failedTests = files.length === 0 ? ["no-weights"] : tests("dangerous", "unscannable");
  return {
    result: failedTests.length > 0 ? "FAILED" : warnedTests.length > 0 ? "WARNED" : "PASSED",
    configuration: [{ name: formatScanner, annotations: { version: formatScannerVersion } }],
    passedTests: tests("safe"),
    ...(warnedTests.length > 0 ? { warnedTests } : {}),
    failedTests,
    scannedFiles: files
      .filter(({ verdict }) => verdict !== "unscannable")
      .map(({ path, digest }) => ({ path, digest: toContentDigest(digest) })),
  };
}

async function scanFile(
  store: ReadOnlyTarget,
  file: ModelViewFile,
  signal: AbortSignal | undefined,
): Promise<readonly FileFinding[]> {
  const { path, kind, descriptor } = file;
  const { digest } = descriptor;
  if (file.archive && kind !== "weight") return scanArchive(store.fetch(descriptor, { signal }), file);
  if (kind !== "weight" && fileKind(path) !== "weight") return [];
  if (file.archive) return [unscannable(file, "weights inside an archive")];
  const read = new WitnessedReader(store, descriptor, { signal });
  const findings = new ScanFindings();
  const detail = await scanContent({ read, path, depth: 0 }, findings);
  // Only now is it certain that the bytes that were judged are those of the digest.
  await read.confirm();
  return [{ path, digest, verdict: findings.verdict, detail, findings: findings.list }];
}

function unscannable({ path, descriptor: { digest } }: ModelViewFile, reason: string, name = path): FileFinding {
  return {
    path: name,
    digest,
    verdict: "unscannable",
    detail: reason,
    findings: [{ severity: "unscannable", reason }],
  };
}

/** Archives carry small files that are no weights; a pickle among them would be pulled to disk like any other file. */
async function scanArchive(stream: ByteStream, file: ModelViewFile): Promise<readonly FileFinding[]> {
  const members = await archiveMembers(stream);
  if (!members) return [unscannable(file, "not a readable tar archive")];
  return members
    .filter((path) => fileKind(path) === "weight")
    .map((path) => unscannable(file, "weights inside an archive", path));
}
