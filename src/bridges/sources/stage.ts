import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import type { ByteStream } from "../../base/bytes.ts";
import { mapConcurrent } from "../../base/concurrency.ts";
import { modelFileLimit } from "../../base/limits.ts";
import { findCollision, pathProblem } from "../../model/file-path.ts";
import { SourceError } from "./errors.ts";
import type { BringOptions, BroughtFiles, SourceFile } from "./source-model.ts";

/** Files on their way at a time. */
const concurrency = 4;

/**
 * Brings files from elsewhere into a directory that nobody else uses; each appears under its name when it is complete.
 *
 * @throws {@link SourceError} `SOURCE_NOT_FOUND` when there are none. `SOURCE_INVALID` for paths that lead out of the
 * directory or exclude one another, and for a file that is not as long as the source says. Nothing is fetched when a
 * path is refused.
 */
export async function stageFiles(
  files: readonly SourceFile[],
  directory: string,
  { signal, onEvent = () => {} }: BringOptions = {},
): Promise<BroughtFiles> {
  checkPaths(files.map(({ path }) => path));
  const bytes = files.reduce((sum, { size = 0 }) => sum + size, 0);
  onEvent({ type: "begin", phase: "pull", files: files.length, bytes });
  const stage = async (file: SourceFile, stop: AbortSignal) => {
    const location = join(directory, file.path);
    await mkdir(dirname(location), { recursive: true });
    const counted = count(await file.open({ signal: stop }), file, (read) =>
      onEvent({ type: "bytes", phase: "pull", path: file.path, bytes: read }),
    );
    await writeFileAtomic(location, counted, { signal: stop });
    onEvent({ type: "file", phase: "pull", path: file.path, outcome: "done" });
  };
  await mapConcurrent([...files], concurrency, stage, signal);
  onEvent({ type: "end", phase: "pull" });
  return { directory };
}

function checkPaths(paths: readonly string[]): void {
  if (paths.length === 0)
    throw new SourceError("SOURCE_NOT_FOUND", "the model has no files there, expected at least one");
  if (paths.length > modelFileLimit) {
    const found = `the model has ${paths.length} files, expected at most ${modelFileLimit}`;
    throw new SourceError("SOURCE_INVALID", found);
  }
  for (const path of paths) {
    const problem = pathProblem(path);
    if (problem) throw new SourceError("SOURCE_INVALID", `refusing the path ${JSON.stringify(path)}: ${problem}`);
  }
  const collision = findCollision(paths);
  if (!collision) return;
  const [one, other] = collision.map((path) => JSON.stringify(path));
  throw new SourceError("SOURCE_INVALID", `${one} and ${other} are one file or nested, where case does not count`);
}

/**
 * @throws {@link SourceError} `SOURCE_INVALID` as soon as there is a byte too much, and at the end for those missing.
 */
async function* count(content: ByteStream, { path, size }: SourceFile, onBytes: (bytes: number) => void): ByteStream {
  let received = 0;
  for await (const chunk of content) {
    received += chunk.byteLength;
    if (size !== undefined && received > size)
      throw wrongLength(path, `more than the ${size} bytes it is said to have`);
    onBytes(chunk.byteLength);
    yield chunk;
  }
  if (size !== undefined && received < size)
    throw wrongLength(path, `${received} of the ${size} bytes it is said to have`);
}

function wrongLength(path: string, reason: string): SourceError {
  return new SourceError("SOURCE_INVALID", `${JSON.stringify(path)} came with ${reason}`);
}
