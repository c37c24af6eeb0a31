import { createHash } from "node:crypto";
import { type Digest, sealDigest } from "../../base/digest.ts";
import type { TransferListener } from "../../base/events.ts";
import { manifestLimitBytes } from "../../base/limits.ts";
import type { BlobSource } from "../../oci/source.ts";
import { ModelError } from "../errors.ts";
import { type FileKind, fileKinds } from "../media-types.ts";
import type { HashedFile } from "../push/hash-pass.ts";
import { describeLayer } from "../push/layer.ts";
import { unreadable } from "../push/stable-file.ts";
import type { WalkedFile } from "../push/walk.ts";
import { skipBytes, type TarMember, tarMemberLimitBytes, tarStream } from "./tar-layer.ts";

/**
 * Above this many files of one kind, the small ones are gathered: registries charge per blob, and a manifest of 4 MiB
 * ends.
 */
const rawFileLimit = 256;

/** Names that Harbor shows as tabs, if they are layers of their own. */
const shownByRegistries = /^(?:README|README\.md|LICENSE|LICENSE\.txt)$/;

/** What a layer takes in a manifest at least, beside its path, which is in it three times: a little less than it is. */
const layerTextBytes = 420;

/** Small files of one kind that travel as one layer. */
export interface Archive {
  readonly path: string;
  readonly kind: FileKind;
  readonly members: readonly WalkedFile[];
}

/** An archive that can be sent, and what one read of its members told. */
export interface PackedArchive {
  readonly path: string;
  readonly kind: FileKind;
  readonly source: BlobSource;
  readonly members: readonly HashedFile[];
}

/**
 * Decides which files share an archive: the small ones of a kind that has hundreds.
 *
 * Weights are never gathered: scans, range reads and image volumes need them as they are.
 *
 * @param files - sorted by path, as the walk gives them.
 * @throws {@link ModelError} `CONFIG_INVALID` when the files that are layers of their own are more than a manifest
 * holds: before the first of them is read.
 */
export function gatherSmall(
  files: readonly WalkedFile[],
  kindOf: (path: string) => FileKind,
): { readonly archives: readonly Archive[]; readonly loose: readonly WalkedFile[] } {
  const kinds = files.map(({ path }) => kindOf(path));
  const archives = fileKinds.flatMap((kind): Archive[] => {
    const ofKind = files.filter((_, index) => kinds[index] === kind);
    const members = kind === "weight" || ofKind.length <= rawFileLimit ? [] : ofKind.filter(isGathered);
    return members.length > 0 ? [{ path: `${kind}.files.tar`, kind, members }] : [];
  });
  const gathered = new Set(archives.flatMap(({ members }) => members));
  const loose = files.filter((file) => !gathered.has(file));
  checkLayers(loose);
  return { archives, loose };
}

function checkLayers(loose: readonly WalkedFile[]): void {
  const bytes = loose.reduce((sum, { path }) => sum + layerTextBytes + 3 * Buffer.byteLength(path), 0);
  if (bytes <= manifestLimitBytes) return;
  throw new ModelError(
    "CONFIG_INVALID",
    `${loose.length} files would be layers of their own, which takes a manifest of more than ${bytes} bytes, expected at most ` +
      `${manifestLimitBytes}, some 8,900 files: weights are never gathered in an archive, so join small ones in one file, ` +
      "such as a safetensors or a zip, or push the directories apart",
  );
}

function isGathered({ path, size }: WalkedFile): boolean {
  return size < tarMemberLimitBytes && !shownByRegistries.test(path);
}

export interface PackOptions {
  /** RFC 3339, for all members. */
  readonly mtime: string;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: TransferListener | undefined;
}

/** Reads the members of an archive once, for their own digests and for that of the archive. */
export async function packArchive({ path, kind, members }: Archive, options: PackOptions): Promise<PackedArchive> {
  const { mtime, signal, onEvent: emit = () => {} } = options;
  emit({
    type: "begin",
    phase: "hash",
    files: members.length,
    bytes: members.reduce((sum, { size }) => sum + size, 0),
  });
  const digests: Digest[] = [];
  const onMember = (member: TarMember, digest: Digest) => {
    digests.push(digest);
    emit({ type: "bytes", phase: "hash", path: member.path, bytes: member.size });
    emit({ type: "file", phase: "hash", path: member.path, outcome: "done" });
  };
  const hash = createHash("sha256");
  let size = 0;
  try {
    for await (const chunk of tarStream(members, { mtime, isLent: true, onMember })) {
      signal?.throwIfAborted();
      hash.update(chunk);
      size += chunk.byteLength;
    }
  } catch (error) {
    const { syscall, path: location } = error as NodeJS.ErrnoException;
    throw syscall && location !== undefined ? unreadable(location, error) : error;
  }
  emit({ type: "end", phase: "hash" });
  const hashed = members.map((member, index): HashedFile => ({ ...member, digest: digests[index] as Digest }));
  const content = { digest: sealDigest("sha256", hash), size };
  return { path, kind, members: hashed, source: archiveSource({ path, kind, members: hashed, ...content }, mtime) };
}

interface PackedContent {
  readonly path: string;
  readonly kind: FileKind;
  readonly members: readonly HashedFile[];
  readonly digest: Digest;
  readonly size: number;
}

function archiveSource({ members, ...content }: PackedContent, mtime: string): BlobSource {
  return {
    descriptor: describeLayer({ ...content, encoding: "tar", mtime, isTested: false }),
    open: (offset = 0) => skipBytes(tarStream(members, { mtime }), offset),
    lend: (offset = 0) => skipBytes(tarStream(members, { mtime, isLent: true }), offset),
  };
}
