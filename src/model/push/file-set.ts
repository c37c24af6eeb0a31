import { type Digest, digestHex, digestOf } from "../../base/digest.ts";

/**
 * Computes the digest of a set of files, independent of how they are packed.
 *
 * Defined as the sha256 over one line per file, `<hex of its sha256><two spaces><path>\n`, in UTF-8, the lines sorted
 * by their bytes. For plain names a shell computes the same number in the directory:
 * `find * -type f -exec sha256sum {} + | LC_ALL=C sort | sha256sum`. Two artifacts with equal file sets hold the same
 * files under the same paths, be it in layers of their own, in a tar or in an image.
 */
export function fileSetDigest(files: readonly { readonly path: string; readonly digest: Digest }[]): Digest {
  const lines = files.map(({ path, digest }) => Buffer.from(`${digestHex(digest)}  ${path}\n`));
  return digestOf(Buffer.concat(lines.sort((a, b) => a.compare(b))));
}
