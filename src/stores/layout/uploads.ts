import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "./files.ts";
import { uploadStaleMs } from "./limits.ts";

/** The names that `writeFileAtomic` gives its temporary files. */
const temporaryName = /^\..+\.[0-9a-f]{12}\.tmp$/;

/**
 * Removes what uploads of processes that died have left behind, which may be many gigabytes.
 *
 * Ages are told by the last change of the directory, which every write makes, so that neither the wall clock nor that
 * of a file server decides. What cannot be removed stays: this is housekeeping, and must not fail an upload.
 */
export async function sweepUploads(path: string): Promise<void> {
  const files = await temporaryFiles(path);
  if (files.length === 0) return;
  const { mtimeMs } = await lstat(path);
  for (const { file, time } of files) {
    if (mtimeMs - time > uploadStaleMs) await rm(file, { force: true }).catch(() => {});
  }
}

async function temporaryFiles(path: string): Promise<{ file: string; time: number }[]> {
  const names = await readdir(path).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const files: { file: string; time: number }[] = [];
  for (const name of names.filter((each) => temporaryName.test(each))) {
    const file = join(path, name);
    const stat = await lstat(file).catch(() => undefined);
    if (stat?.isFile()) files.push({ file, time: stat.mtimeMs });
  }
  return files;
}
