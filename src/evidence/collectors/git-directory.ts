import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parentDirectoryLimit } from "../limits.ts";
import { commitIn } from "./finding.ts";
import { readSmallText } from "./small-file.ts";

/** A checked-out repository. */
export interface GitDirectory {
  /** The work tree. */
  readonly root: string;
  /** `HEAD` and `index`. */
  readonly gitDirectory: string;
  /** `objects`, `refs` and `config`; another place than `gitDirectory` for added work trees. */
  readonly common: string;
}

/** One part of a branch's name, as it becomes part of a path: nothing hidden, no drive, no pattern. */
const refPartPattern = /^[^\p{Cc}\s\\:?*[~^.][^\p{Cc}\s\\:?*[~^]{0,200}$/u;

/** Finds the repository that a directory is in. */
export async function findGitDirectory(directory: string): Promise<GitDirectory | undefined> {
  let root = directory;
  for (let level = 0; level < parentDirectoryLimit; level++) {
    const found = await gitDirectoryAt(root);
    if (found) return found;
    const parent = dirname(root);
    if (parent === root) return undefined;
    root = parent;
  }
  return undefined;
}

async function gitDirectoryAt(root: string): Promise<GitDirectory | undefined> {
  const path = join(root, ".git");
  const entry = await stat(path).catch(() => undefined);
  if (!entry) return undefined;
  const [, target] = entry.isFile() ? (/^gitdir: (.{1,4096})/.exec((await readSmallText(path)) ?? "") ?? []) : [];
  const gitDirectory = entry.isDirectory() ? path : target && resolve(root, target.trim());
  if (gitDirectory === undefined || gitDirectory === "") return undefined;
  const common = (await readSmallText(join(gitDirectory, "commondir")))?.trim();
  return { root, gitDirectory, common: common ? resolve(gitDirectory, common) : gitDirectory };
}

/** What is checked out: the commit, and the branch unless it is detached. */
export async function readHead({
  gitDirectory,
  common,
}: GitDirectory): Promise<{ readonly commit: string; readonly branch?: string } | undefined> {
  const head = (await readSmallText(join(gitDirectory, "HEAD")))?.trim() ?? "";
  const detached = commitIn(head);
  if (detached !== undefined) return { commit: detached };
  const [, ref] = /^ref: (refs\/.{1,400})$/.exec(head) ?? [];
  if (!ref?.split("/").every((part) => refPartPattern.test(part))) return undefined;
  const commit = commitIn(await readSmallText(join(common, ref))) ?? (await packedCommit(common, ref));
  return commit === undefined ? undefined : { commit, branch: ref };
}

async function packedCommit(common: string, ref: string): Promise<string | undefined> {
  const packed = (await readSmallText(join(common, "packed-refs"))) ?? "";
  const line = packed.split("\n").find((one) => one.slice(one.indexOf(" ") + 1).trimEnd() === ref);
  return commitIn(line?.slice(0, line.indexOf(" ")));
}

/**
 * The address of `origin`, else of the first remote, as `config` has it.
 *
 * Of the file only these lines are looked at: git itself runs programs that a configuration names.
 */
export async function readRemote({ common }: GitDirectory): Promise<string | undefined> {
  const remotes = new Map<string, string>();
  let section: string | undefined;
  for (const line of ((await readSmallText(join(common, "config"))) ?? "").split("\n")) {
    const text = line.trim();
    if (text.startsWith("[")) section = /^\[remote "([^"\]]{1,200})"\]$/.exec(text)?.[1];
    const [, url] = /^url\s{0,10}=\s{0,10}"?([^"\s]{1,2000})"?$/.exec(text) ?? [];
    if (section !== undefined && url !== undefined && !remotes.has(section)) remotes.set(section, url);
  }
  const url = remotes.get("origin") ?? remotes.values().next().value;
  return url === undefined ? undefined : publicRemote(url);
}

/** An address that means something elsewhere: no path of this machine, no user but `git`, no password. */
function publicRemote(url: string): string | undefined {
  const [, host, path] = /^(?:[^@/\s:]{1,100}@)?([A-Za-z0-9.-]{2,253}):(?!\/\/)([^\s]{1,1000})$/.exec(url) ?? [];
  if (host !== undefined && path !== undefined) return `ssh://git@${host}/${path.replace(/^\//, "")}`;
  if (!(URL.canParse(url) && /^(?:https?|ssh|git):/.test(url))) return undefined;
  const parsed = new URL(url);
  parsed.username = parsed.protocol === "ssh:" ? "git" : "";
  parsed.password = "";
  parsed.search = "";
  parsed.hash = "";
  return parsed.href;
}
