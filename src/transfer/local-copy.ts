import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import type { PartialFile } from "./partial-file.ts";
import type { LocalPiece } from "./pieces/index.ts";

const copyBytes = 1024 * 1024;

export interface LocalCopy {
  readonly pieces: readonly LocalPiece[];
  readonly file: PartialFile;
  /** Told where a stretch was written. */
  readonly onWritten: (count: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Fills a file with bytes that are on this machine already.
 *
 * What cannot be read, because it has gone or became shorter, is left missing. Nothing says that the bytes are the
 * right ones: the digest of the whole file does.
 */
export async function copyPieces({ pieces, file, onWritten, signal }: LocalCopy): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(copyBytes);
  const sources = new Map<string, number | undefined>();
  try {
    for (const { start, end, location, offset } of pieces) {
      const source = openOnce(sources, location);
      if (source === undefined) continue;
      for (const gap of file.done.missingIn({ start, end })) {
        for (let at = gap.start; at < gap.end; ) {
          const length = Math.min(copyBytes, gap.end - at);
          const count = readSync(source, buffer, 0, length, at - start + offset);
          if (count === 0) break;
          file.write(buffer.subarray(0, count), at);
          at += count;
          onWritten(count);
          await turn();
          signal.throwIfAborted();
        }
      }
    }
  } finally {
    for (const source of sources.values()) if (source !== undefined) closeSync(source);
  }
}

function openOnce(sources: Map<string, number | undefined>, location: string): number | undefined {
  if (!sources.has(location)) sources.set(location, openFile(location));
  return sources.get(location);
}

function openFile(location: string): number | undefined {
  try {
    const file = openSync(location, "r");
    if (fstatSync(file).isFile()) return file;
    closeSync(file);
  } catch {
    // It was there when the pieces were matched, and is not needed.
  }
  return undefined;
}
