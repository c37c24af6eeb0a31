import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { sealDigest } from "../base/digest.ts";
import { annotationKeys } from "./media-types.ts";
import { type BlobSource, fileSource } from "./source.ts";

/** Read size that hashes as fast as openssl (reference/performance.md §2a). */
const chunkBytes = 1024 * 1024;

/**
 * Describes a file as a layer under its own name, as `oras push` does, by reading it once.
 *
 * @param title - name under which `oras pull` writes it; default: the file's base name.
 * @returns a source whose descriptor has digest, size in bytes and title; pushing it reads the file again, and fails
 * when it has changed meanwhile.
 * @throws the file system's error when the file cannot be read.
 */
export async function fileLayer(path: string, mediaType: string, title: string = basename(path)): Promise<BlobSource> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes }) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    size += chunk.byteLength;
  }
  const annotations = { [annotationKeys.title]: title };
  return fileSource({ mediaType, digest: sealDigest("sha256", hash), size, annotations }, path);
}
