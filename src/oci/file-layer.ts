import { open } from "node:fs/promises";
import { basename } from "node:path";
import { hashFile } from "../base/file-digest.ts";
import { annotationKeys } from "./media-types.ts";
import { type BlobSource, fileSource } from "./source.ts";

/**
 * Describes a file as a layer under its own name, as `oras push` does, by reading it once.
 *
 * @param title - name under which `oras pull` writes it; default: the file's base name.
 * @returns a source whose descriptor has digest, size in bytes and title; pushing it reads the file again, and fails
 * when it has changed meanwhile.
 * @throws the file system's error when the file cannot be read.
 */
export async function fileLayer(path: string, mediaType: string, title: string = basename(path)): Promise<BlobSource> {
  const file = await open(path, "r");
  try {
    const { digest, size } = await hashFile(file, (await file.stat()).size);
    return fileSource({ mediaType, digest, size, annotations: { [annotationKeys.title]: title } }, path);
  } finally {
    await file.close();
  }
}
