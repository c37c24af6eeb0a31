import { digestOf } from "../base/digest.ts";
import { documentLimitBytes } from "../base/limits.ts";
import { mediaTypes } from "../oci/media-types.ts";
import { EvidenceError } from "./errors.ts";
import { toContentDigest } from "./predicates/digest-set.ts";
import type { FileReference } from "./predicates/resource.ts";

/** A file as it was read: a path on some disk, and all its bytes. */
export interface EvidenceSource {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Of an archive: the member that readers look at, as `unpackEvaluation` has taken it out. */
  readonly header?: Uint8Array;
}

/** A file as it is attached. */
export interface EvidenceFile {
  /** Its title: a bare name, because a puller writes it into a directory. */
  readonly path: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly header?: Uint8Array;
}

/** One line of printable characters that is a file name on every system; no separators, no leading dot. */
const titlePattern = /^[^\p{Cc}./\\:*?"<>|][^\p{Cc}/\\:*?"<>|]{0,199}$/u;

const mediaTypesByExtension: Readonly<Record<string, string>> = {
  csv: "text/csv",
  eval: "application/zip",
  html: "text/html",
  json: "application/json",
  jsonl: "application/x-ndjson",
  md: "text/markdown",
  pdf: "application/pdf",
  sarif: "application/sarif+json",
  txt: "text/plain",
  yaml: "application/yaml",
  yml: "application/yaml",
};

/**
 * Names files the way they are attached. Directories are dropped: they tell where the files lay on somebody's machine.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID` when there is no file, one is empty or longer than
 * the limit, a name is not portable, or two files have one name.
 */
export function evidenceFiles(
  sources: readonly EvidenceSource[],
  limitBytes = documentLimitBytes,
): readonly [EvidenceFile, ...EvidenceFile[]] {
  const files = sources.map((source) => evidenceFile(source, limitBytes));
  const titles = new Set<string>();
  for (const { path } of files) {
    if (titles.has(path.toLowerCase())) {
      throw new EvidenceError("EVIDENCE_INVALID", "two files of this name, expected different names", { file: path });
    }
    titles.add(path.toLowerCase());
  }
  const [first, ...rest] = files;
  if (!first) throw new EvidenceError("EVIDENCE_INVALID", "no file was given, expected at least one");
  return [first, ...rest];
}

/** How statements point at an attached file. */
export function fileReference({ path, mediaType, bytes }: EvidenceFile): FileReference {
  return { name: path, mediaType, digest: toContentDigest(digestOf(bytes)) };
}

function evidenceFile({ path, bytes, header }: EvidenceSource, limitBytes: number): EvidenceFile {
  const title = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1).normalize("NFC");
  if (!titlePattern.test(title)) {
    const name = JSON.stringify(title.slice(0, 100));
    throw new EvidenceError(
      "EVIDENCE_INVALID",
      `${name} cannot be the name of an attached file, expected a plain name`,
    );
  }
  if (bytes.byteLength === 0) throw new EvidenceError("EVIDENCE_INVALID", "the file is empty", { file: title });
  if (bytes.byteLength > limitBytes) {
    const found = `the file has ${bytes.byteLength} bytes, expected at most ${limitBytes}`;
    throw new EvidenceError("EVIDENCE_INVALID", found, { file: title });
  }
  const extension = title.slice(title.lastIndexOf(".") + 1).toLowerCase();
  const mediaType = mediaTypesByExtension[extension] ?? mediaTypes.octetStream;
  return { path: title, mediaType, bytes, ...(header ? { header } : {}) };
}
