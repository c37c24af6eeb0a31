import type { Digest } from "../../base/digest.ts";
import type { CallOptions, Fetcher } from "../../oci/content.ts";
import type { ModelView } from "../view.ts";
import { expandStream } from "./expand-archive.ts";
import { hashArchive } from "./tar-archive.ts";

/** A file of a model as everybody gets it who pulls it. */
export interface ListedFile {
  readonly path: string;
  readonly digest: Digest;
}

/**
 * Lists every file of a model with its digest.
 *
 * Files that are layers are known from the manifest. Archives, which hold small files, are read through once; weights
 * never are.
 *
 * @throws {@link ModelError} `CONFIG_INVALID` for a damaged archive, as when pulling.
 */
export async function listFiles(
  store: Fetcher,
  { files }: Pick<ModelView, "files">,
  options?: CallOptions,
): Promise<readonly ListedFile[]> {
  const listed: ListedFile[] = [];
  for (const { path, archive, descriptor } of files) {
    if (!archive) listed.push({ path, digest: descriptor.digest });
    else {
      const compressed = { encoding: archive, size: descriptor.size, name: path };
      listed.push(...(await hashArchive(expandStream(store.fetch(descriptor, options), compressed), path)));
    }
  }
  return listed.map(({ path, digest }) => ({ path, digest }));
}
