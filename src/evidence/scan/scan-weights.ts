import { timestamp } from "../../base/clock.ts";
import type { ModelView, ModelViewFile } from "../../model/view.ts";
import type { ReadOnlyTarget } from "../../oci/content.ts";
import { annotationKeys } from "../../oci/media-types.ts";
import { checkDraft, type EvidenceDraft } from "../draft.ts";
import { predicateTypes } from "../predicate-types.ts";
import { toContentDigest } from "../predicates/digest-set.ts";
import type { TestResult } from "../predicates/test-result.ts";
import { ScanContext } from "./context.ts";
import { type FileFinding, scanFile } from "./file-scan.ts";
import type { ScanVerdict } from "./verdict.ts";

/** Name of the scanner in its results. */
export const formatScanner = "mreg-format-scan";

/** Rises when the scanner judges any file differently than before. */
const formatScannerVersion = "3";

export interface ScanOptions {
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

/** Files that say what others hold come first. */
const indexes = /\.(?:onnx|index)$/i;

/**
 * Reads every file of a model from the first byte to the last and tells whether it holds data only: weights in full,
 * and of the files beside them what a loader would run or render. Data sets are left alone.
 *
 * Nothing is loaded or run. A file passes when all of it is of a known format and imports nothing that is not known to
 * be harmless; what cannot be judged does not. Of files that are no weights, only those appear that something was found
 * in.
 *
 * @throws {@link ContentError}, {@link StoreError} when a file cannot be read, or is not what its digest says.
 */
export async function scanWeights(
  store: ReadOnlyTarget,
  view: ModelView,
  { now, signal }: ScanOptions,
): Promise<EvidenceDraft> {
  const context = new ScanContext(
    new Map(view.files.flatMap(({ path, archive, descriptor }) => (archive ? [] : [[path, descriptor.size] as const]))),
  );
  const order = view.files.toSorted((a, b) => Number(indexes.test(b.path)) - Number(indexes.test(a.path)));
  const found = new Map<ModelViewFile, readonly FileFinding[]>();
  // One after the other: each may keep a header of up to 100 MB in memory.
  for (const file of order) found.set(file, await scanFile(file, { store, context, signal }));
  const files = view.files.flatMap((file) => found.get(file) ?? []);
  const notes = modelNotes(view);
  const told = files.filter(({ isWeights, findings }) => isWeights || findings.length > 0);
  const draft: EvidenceDraft = {
    kind: "scan",
    predicateType: predicateTypes.scan,
    predicate: {
      ...resultOf(told),
      findings: told.map(({ path, verdict, detail, findings }) => {
        return { path, verdict, detail, ...(findings[0] ? { findings } : {}) };
      }),
      ...(notes[0] === undefined ? {} : { notes }),
      scannedAt: timestamp(now),
    },
    files: [],
  };
  checkDraft(draft);
  return draft;
}

/** What is worth knowing of a model as a whole, and no reason against it. */
function modelNotes({ files, annotations, config }: ModelView): readonly string[] {
  const hasLicense =
    files.some(({ path }) => /(?:^|\/)(?:licen[cs]e|copying|notice)(?:[._-][^/]*)?$/i.test(path)) ||
    annotations[annotationKeys.licenses] !== undefined ||
    (config?.descriptor?.licenses ?? []).length > 0;
  return hasLicense ? [] : ["there is no licence file, and the manifest names no licence"];
}

function resultOf(files: readonly FileFinding[]): TestResult {
  const weights = files.filter(({ isWeights }) => isWeights);
  const tests = (of: readonly FileFinding[], ...verdicts: readonly ScanVerdict[]) =>
    of.filter(({ verdict }) => verdicts.includes(verdict)).map(({ verdict, path }) => `${verdict}:${path}`);
  const warnedTests = tests(files, "suspicious");
  // A scan of nothing says nothing, so it must not pass.
  const nothing = weights.length === 0 ? ["no-weights"] : [];
  const failedTests = [...nothing, ...tests(files, "dangerous", "unscannable")];
  // A layer of many files is covered only when all of them are.
  const unread = new Set(files.filter(({ verdict }) => verdict === "unscannable").map(({ digest }) => digest));
  return {
    result: failedTests.length > 0 ? "FAILED" : warnedTests.length > 0 ? "WARNED" : "PASSED",
    configuration: [{ name: formatScanner, annotations: { version: formatScannerVersion } }],
    passedTests: tests(weights, "safe"),
    ...(warnedTests.length > 0 ? { warnedTests } : {}),
    failedTests,
    scannedFiles: files
      .filter(({ digest }) => !unread.has(digest))
      .map(({ path, digest }) => ({ path, digest: toContentDigest(digest) })),
  };
}
