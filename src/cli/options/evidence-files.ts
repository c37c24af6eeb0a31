import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { documentLimitBytes } from "../../base/limits.ts";
import type { EvidenceKind, EvidenceSource } from "../../evidence/index.ts";
import { evaluationFileLimit, evaluationLogLimitBytes } from "../../evidence/limits.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";

/**
 * Reads the files to attach. For an evaluation a directory stands for the files directly in it (a run of HELM,
 * `.eval_results`), and an `.eval` archive is opened.
 *
 * @throws {@link UsageError} for what cannot be read, or is longer than evidence of its kind may be.
 */
export async function readEvidenceFiles(
  context: Context,
  paths: readonly string[],
  type: EvidenceKind,
): Promise<readonly EvidenceSource[]> {
  const full = paths.map((path) => resolve(context.cwd, path));
  if (type !== "eval") return Promise.all(full.map((path) => readOne(path, documentLimitBytes)));
  const { unpackEvaluation } = await import("../../evidence/index.ts");
  const sources: EvidenceSource[] = [];
  let room = evaluationLogLimitBytes;
  for (const path of (await Promise.all(full.map(listDirectory))).flat()) {
    const source = await readOne(path, room);
    room -= source.bytes.byteLength;
    sources.push(await unpackEvaluation(source));
  }
  return sources;
}

async function listDirectory(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return [path];
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith(".")).map(({ name }) => name);
  if (files.length === 0) throw new UsageError(`there is no file in ${path}`);
  if (files.length > evaluationFileLimit) {
    throw new UsageError(`${path} has ${files.length} files, expected at most ${evaluationFileLimit}`);
  }
  return files.sort().map((name) => join(path, name));
}

async function readOne(path: string, limitBytes: number): Promise<EvidenceSource> {
  try {
    const { size } = await stat(path);
    if (size > limitBytes) {
      throw new UsageError(`${path} has ${size} bytes, expected evidence of at most ${limitBytes}`);
    }
    return { path: basename(path), bytes: await readFile(path) };
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
