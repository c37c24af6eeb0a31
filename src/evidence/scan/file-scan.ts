import type { Digest } from "../../base/digest.ts";
import { pathProblem } from "../../model/file-path.ts";
import { fileKind } from "../../model/kind.ts";
import type { FileKind } from "../../model/media-types.ts";
import type { ModelViewFile } from "../../model/view.ts";
import { bytesReader } from "../../model/weights/range-reader.ts";
import type { ReadOnlyTarget } from "../../oci/content.ts";
import { type ArchiveMember, visitArchive } from "./archive-members.ts";
import { scanCompanion } from "./companion-scan.ts";
import { scanContent } from "./content-scan.ts";
import type { ScanContext } from "./context.ts";
import { scanPickles } from "./pickle-scan.ts";
import { type ScanFinding, ScanFindings, type ScanVerdict } from "./verdict.ts";
import { WitnessedReader } from "./witnessed-reader.ts";

/** What a scan says of one file of a model. */
export interface FileFinding {
  readonly path: string;
  /** Of the layer that was read. */
  readonly digest: Digest;
  /** Weights by their name or by the manifest: those that every scan must cover. */
  readonly isWeights: boolean;
  readonly verdict: ScanVerdict;
  readonly detail: string;
  /** What the verdict comes from, the worst first. */
  readonly findings: readonly ScanFinding[];
}

/** Where files come from, and what they have to do with one another. */
export interface ScanSource {
  readonly store: ReadOnlyTarget;
  readonly context: ScanContext;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Judges one file, or every member of an archive. Files count as weights by their name, too, whatever kind the manifest
 * declares: whoever pushed it chose the kind.
 *
 * @throws {@link ContentError}, {@link StoreError} when it cannot be read, or is not what its digest says.
 */
export async function scanFile(file: ModelViewFile, source: ScanSource): Promise<readonly FileFinding[]> {
  if (file.archive) return scanArchive(file, source);
  const { path, kind, descriptor } = file;
  const isWeights = kind === "weight" || fileKind(path) === "weight";
  // A data set is what it is, and may be larger than the model.
  if (!isWeights && kind === "dataset") return [];
  const read = new WitnessedReader(source.store, descriptor, { signal: source.signal });
  const findings = new ScanFindings();
  const content = { read, path, depth: 0, context: source.context };
  const detail = isWeights ? await scanContent(content, findings) : await scanCompanion(content, kind, findings);
  // Only now is it certain that the bytes that were judged are those of the digest.
  await read.confirm();
  const { verdict, list } = findings;
  return [{ path, digest: descriptor.digest, isWeights, verdict, detail, findings: list }];
}

async function scanArchive(file: ModelViewFile, { store, signal }: ScanSource): Promise<readonly FileFinding[]> {
  const { descriptor, path, archive, kind } = file;
  const { digest } = descriptor;
  const found: FileFinding[] = [];
  const unread = (detail: string): FileFinding => ({
    path,
    digest,
    isWeights: true,
    verdict: "unscannable",
    detail,
    findings: [{ severity: "unscannable", reason: detail }],
  });
  if (archive === "tar+zstd") return [unread("an archive that is compressed with Zstandard")];
  const isArchive = await visitArchive(
    store.fetch(descriptor, { signal }),
    { isGzip: archive === "tar+gzip" },
    async (member) => {
      const finding = await scanMember(member, kind);
      if (finding) found.push({ ...finding, digest });
    },
  );
  return isArchive ? found : [...found, unread("not a readable tar archive")];
}

async function scanMember(member: ArchiveMember, layer: FileKind): Promise<Omit<FileFinding, "digest"> | undefined> {
  const { path, type, target, bytes } = member;
  const kind = fileKind(path);
  const isWeights = kind === "weight";
  const findings = new ScanFindings();
  const done = (detail: string) => {
    const { verdict, list } = findings;
    return { path, isWeights, verdict, detail, findings: list };
  };
  if (type === "directory") return undefined;
  if (type === "symlink" || type === "link") {
    const reason = `a link to ${JSON.stringify((target ?? "").slice(0, 200))}`;
    findings.add({ severity: pathProblem(target ?? "") === undefined ? "suspicious" : "dangerous", reason });
    return done("a link");
  }
  if (!bytes || (type !== "file" && type !== "contiguous-file")) {
    const reason = bytes ? `a ${type} in an archive` : "too long to be looked at within an archive";
    findings.add({ severity: isWeights ? "unscannable" : "suspicious", reason });
    return done(reason);
  }
  const content = { read: bytesReader(bytes), path, depth: 1 };
  // Whoever calls a layer weights may load any of its files, and old pickles have no first bytes of their own.
  if (layer === "weight" && !isWeights) await scanPickles({ read: content.read, isGuess: true }, findings);
  return done(isWeights ? await scanContent(content, findings) : await scanCompanion(content, kind, findings));
}
