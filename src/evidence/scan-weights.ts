import type { ByteStream } from "../base/bytes.ts";
import { timestamp } from "../base/clock.ts";
import type { Digest } from "../base/digest.ts";
import { ModelError } from "../model/errors.ts";
import { fileKind } from "../model/kind.ts";
import type { ModelView, ModelViewFile } from "../model/view.ts";
import { readWeightsHeader } from "../model/weights-header.ts";
import type { ReadOnlyTarget } from "../oci/content.ts";
import { archiveMembers } from "./archive-members.ts";
import { checkDraft, type EvidenceDraft } from "./draft.ts";
import { fileMagic, fileMagicBytes } from "./file-magic.ts";
import { predicateTypes } from "./predicate-types.ts";
import { toContentDigest } from "./predicates/digest-set.ts";
import type { TestResult } from "./predicates/test-result.ts";
import { PrefixReader } from "./prefix-reader.ts";

/** Name of the scanner in its results. */
export const formatScanner = "mreg-format-scan";

/** Rises when the scanner judges any file differently than before. */
const formatScannerVersion = "1";

/**
 * `data-only`: tensors and metadata, nothing that a loader would run. `unscannable`: a format that mreg cannot judge.
 * `contradiction`: the bytes are not what the name says. `malformed`: the header lies.
 */
export type ScanVerdict = "data-only" | "unscannable" | "contradiction" | "malformed";

interface Finding {
  readonly path: string;
  /** Of the layer that was read. */
  readonly digest: Digest;
  readonly verdict: ScanVerdict;
  readonly detail: string;
}

export interface ScanOptions {
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads every weights file of a model from the first byte to the last and tells whether it holds data only.
 *
 * Nothing is loaded or run: safetensors and GGUF headers are parsed in full. Every other format fails the scan, since
 * what cannot be judged is not safe. Files count as weights by their name, too, whatever kind the manifest declares:
 * whoever pushed it chose the kind.
 *
 * @throws {@link ContentError}, {@link StoreError} when a file cannot be read, or is not what its digest says.
 */
export async function scanWeights(
  store: ReadOnlyTarget,
  view: ModelView,
  options: ScanOptions,
): Promise<EvidenceDraft> {
  const findings: Finding[] = [];
  // One after the other: each may keep a header of up to 100 MB in memory.
  for (const file of view.files) findings.push(...(await scanFile(store, file, options.signal)));
  const draft: EvidenceDraft = {
    kind: "scan",
    predicateType: predicateTypes.scan,
    predicate: {
      ...resultOf(findings),
      findings: findings.map(({ path, verdict, detail }) => ({ path, verdict, detail })),
      scannedAt: timestamp(options.now),
    },
    files: [],
  };
  checkDraft(draft);
  return draft;
}

function resultOf(findings: readonly Finding[]): TestResult {
  const tests = (isPassed: boolean) =>
    findings
      .filter(({ verdict }) => (verdict === "data-only") === isPassed)
      .map(({ verdict, path }) => `${verdict}:${path}`);
  // A scan of nothing says nothing, so it must not pass.
  const failedTests = findings.length === 0 ? ["no-weights"] : tests(false);
  return {
    result: failedTests.length === 0 ? "PASSED" : "FAILED",
    configuration: [{ name: formatScanner, annotations: { version: formatScannerVersion } }],
    passedTests: tests(true),
    failedTests,
    scannedFiles: findings
      .filter(({ verdict }) => verdict !== "unscannable")
      .map(({ path, digest }) => ({ path, digest: toContentDigest(digest) })),
  };
}

async function scanFile(
  store: ReadOnlyTarget,
  file: ModelViewFile,
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  const { path, kind, descriptor } = file;
  const { digest, size } = descriptor;
  if (file.archive && kind !== "weight") return scanArchive(store.fetch(descriptor, { signal }), file);
  if (kind !== "weight" && fileKind(path) !== "weight") return [];
  const reader = new PrefixReader(store.fetch(descriptor, { signal }), size);
  try {
    const judgement = await judge(reader, path);
    // Only now is it certain that the bytes that were judged are those of the digest.
    await reader.drain();
    return [{ path, digest, ...judgement }];
  } finally {
    await reader.close();
  }
}

/** Archives carry small files that are no weights; a pickle among them would be pulled to disk like any other file. */
async function scanArchive(
  stream: ByteStream,
  { path: name, descriptor: { digest } }: ModelViewFile,
): Promise<readonly Finding[]> {
  const members = await archiveMembers(stream);
  if (!members) return [{ path: name, digest, verdict: "malformed", detail: "not a readable tar archive" }];
  return members
    .filter((path) => fileKind(path) === "weight")
    .map((path) => ({ path, digest, verdict: "unscannable", detail: "weights inside an archive" }));
}

async function judge(reader: PrefixReader, path: string): Promise<Pick<Finding, "verdict" | "detail">> {
  const magic = fileMagic(await reader.read(0, Math.min(reader.size, fileMagicBytes)));
  const extension = /\.(safetensors|gguf)$/i.exec(path)?.[1]?.toLowerCase();
  if (extension === undefined) {
    return { verdict: "unscannable", detail: `not safetensors or GGUF${magic ? `, starts like ${magic}` : ""}` };
  }
  if (magic !== undefined && magic !== (extension === "gguf" ? "GGUF" : undefined)) {
    return { verdict: "contradiction", detail: `named ${extension}, but starts like ${magic}` };
  }
  try {
    const header = await readWeightsHeader(reader, path);
    return { verdict: "data-only", detail: `${header?.format}, ${header?.tensors.length} tensors` };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { verdict: "malformed", detail: error.message.slice(0, 500) };
  }
}
