import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { SourceError } from "../errors.ts";
import { type HubName, isCommit } from "./repository-name.ts";

/** A directory with the files of one revision. */
export interface Snapshot {
  readonly directory: string;
  /** Where its symlinks lead. */
  readonly linkTargets: readonly string[];
  /** `organisation/name`, where the directory says so. */
  readonly id?: string | undefined;
  /** The commit, where the directory says so. */
  readonly commit?: string | undefined;
}

/**
 * Opens a directory that Hugging Face's libraries have filled: `models--org--name` of a cache, one of its snapshots, or
 * the files themselves (`hf download --local-dir`, `save_pretrained`).
 *
 * @throws {@link SourceError} `SOURCE_NOT_FOUND`.
 */
export async function openSnapshot(path: string, revision?: string): Promise<Snapshot> {
  const given = resolve(path);
  if (!(await isDirectory(given))) throw new SourceError("SOURCE_NOT_FOUND", `${path} is not a directory`);
  const cached = cachedName(basename(given));
  if (cached && (await isDirectory(join(given, "snapshots")))) return inCache(given, cached, revision ?? "main");
  if (revision !== undefined) {
    throw new SourceError("SOURCE_NOT_FOUND", `${path} is one snapshot, and has no revision ${revision} to choose`);
  }
  const repository = dirname(dirname(given));
  const isSnapshot = basename(dirname(given)) === "snapshots";
  const id = isSnapshot ? cachedName(basename(repository)) : undefined;
  if (id !== undefined) return snapshotOf(repository, id, basename(given));
  return { directory: given, linkTargets: [] };
}

/** The directory of a model in a cache: `models--org--name`. */
export function cacheDirectoryName({ id }: HubName): string {
  return `models--${id.replace("/", "--")}`;
}

function cachedName(name: string): string | undefined {
  const [, organisation, model] = /^models--([^/]+?)(?:--([^/]+))?$/.exec(name) ?? [];
  if (organisation === undefined) return undefined;
  return model === undefined ? organisation : `${organisation}/${model}`;
}

async function inCache(repository: string, id: string, revision: string): Promise<Snapshot> {
  const commit = isCommit(revision) ? revision : await refOf(repository, revision);
  if (commit !== undefined && (await isDirectory(join(repository, "snapshots", commit)))) {
    return snapshotOf(repository, id, commit);
  }
  const there = (await readdir(join(repository, "snapshots"))).slice(0, 10).join(", ") || "none";
  throw new SourceError("SOURCE_NOT_FOUND", `the cache has no revision ${revision} of ${id}; snapshots: ${there}`);
}

/** A branch or tag as it was when it was downloaded last. */
async function refOf(repository: string, revision: string): Promise<string | undefined> {
  const path = join(repository, "refs", ...revision.split("/"));
  const text = await readFile(path, "utf8").catch(() => "");
  const commit = text.trim();
  return isCommit(commit) ? commit : undefined;
}

async function snapshotOf(repository: string, id: string, commit: string): Promise<Snapshot> {
  const blobs = join(repository, "blobs");
  return {
    directory: join(repository, "snapshots", commit),
    linkTargets: (await isDirectory(blobs)) ? [await realpath(blobs)] : [],
    id,
    ...(isCommit(commit) ? { commit } : {}),
  };
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
