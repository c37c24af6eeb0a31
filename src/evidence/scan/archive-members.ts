import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { type ByteStream, collect } from "../../base/bytes.ts";
import { modelFileLimit } from "../../base/limits.ts";
import { inflatedMemberLimitBytes } from "../../model/limits.ts";

/** A member of an archive. */
export interface ArchiveMember {
  readonly path: string;
  /** As tar-stream calls it: `file`, `symlink`, `link`, `directory` and others. */
  readonly type: string;
  /** Where a link leads. */
  readonly target?: string;
  /** Absent when it is longer than {@link inflatedMemberLimitBytes}. */
  readonly bytes?: Uint8Array;
}

/** What a compressed archive may unfold to, in all. */
const unfoldedLimitBytes = 16 * 1024 * 1024 * 1024;

/**
 * Goes through a tar archive while the whole of it is read; its bytes are verified when this returns.
 *
 * @param visit - is given each member in turn; the next one waits for it.
 * @returns false when the bytes are no tar archive, or one of more than {@link modelFileLimit} members.
 * @throws whatever the stream ends with, and what `visit` throws.
 */
export async function visitArchive(
  stream: ByteStream,
  { isGzip = false }: { readonly isGzip?: boolean },
  visit: (member: ArchiveMember) => Promise<void>,
): Promise<boolean> {
  const archive = extract();
  const source = Readable.from(stream, { objectMode: false });
  const unpacked = isGzip ? source.pipe(createGunzip()) : source;
  let failure: Error | undefined;
  let visiting = false;
  source.on("error", (error) => {
    failure = error;
    // A parser whose source is gone would wait for more.
    archive.destroy(error);
  });
  if (isGzip) unpacked.on("error", (error) => archive.destroy(error));
  unpacked.pipe(archive);
  let [count, unfolded] = [0, 0];
  try {
    for await (const entry of archive) {
      const { name, type, size = 0, linkname } = entry.header;
      unfolded += size;
      if (++count > modelFileLimit || unfolded > unfoldedLimitBytes) return false;
      const isShort = size <= inflatedMemberLimitBytes;
      if (!isShort) entry.resume();
      const bytes = isShort ? await collect(entry as ByteStream, inflatedMemberLimitBytes) : undefined;
      visiting = true;
      await visit({
        path: name,
        type: type ?? "file",
        ...(linkname ? { target: linkname } : {}),
        ...(bytes ? { bytes } : {}),
      });
      visiting = false;
    }
  } catch (error) {
    if (visiting) throw error;
    if (failure) throw failure;
    return false;
  } finally {
    source.destroy();
    if (isGzip) unpacked.destroy();
  }
  return true;
}
