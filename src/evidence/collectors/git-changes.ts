import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gitReplyLimitBytes, gitTimeLimitMs } from "../limits.ts";
import type { Place } from "./finding.ts";
import type { GitDirectory } from "./git-directory.ts";

const run = promisify(execFile);

/**
 * Asks the `git` program whether files under version control differ from a commit.
 *
 * A repository's own configuration can name programs for git to run (`core.fsmonitor`, filters, `diff.external`), and a
 * repository may come from anywhere. So git never sees it: it works on a directory of our own, with an empty
 * configuration, a copy of the index and the repository's objects. Submodules have configurations, too, and are not
 * entered; objects that are missing are not fetched.
 *
 * @returns undefined when it cannot be told, for instance where there is no git.
 */
export async function isChanged(
  { root, gitDirectory, common }: GitDirectory,
  commit: string,
  { env, signal }: Pick<Place, "env" | "signal">,
): Promise<boolean | undefined> {
  const own = await mkdtemp(join(tmpdir(), "mreg-git-"));
  try {
    await mkdir(join(own, "refs"));
    await mkdir(join(own, "objects"));
    await writeFile(join(own, "HEAD"), `${commit}\n`);
    const format = commit.length === 64 ? "\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n" : "";
    await writeFile(join(own, "config"), `[core]\n\tbare = false\n${format}`);
    await copyIndex(join(gitDirectory, "index"), join(own, "index"));
    const { stdout } = await run("git", ["status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"], {
      // Where Windows looks for programs first.
      cwd: own,
      encoding: "utf8",
      maxBuffer: gitReplyLimitBytes,
      timeout: gitTimeLimitMs,
      env: {
        ...Object.fromEntries(["PATH", "Path", "SystemRoot"].flatMap((key) => (env[key] ? [[key, env[key]]] : []))),
        GIT_DIR: own,
        GIT_WORK_TREE: root,
        GIT_OBJECT_DIRECTORY: join(common, "objects"),
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_ATTR_NOSYSTEM: "1",
        GIT_NO_LAZY_FETCH: "1",
        GIT_TERMINAL_PROMPT: "0",
        LC_ALL: "C",
      },
      ...(signal ? { signal } : {}),
    });
    return stdout.trim() !== "";
  } catch (error) {
    signal?.throwIfAborted();
    // More than fits: changed, and a lot.
    if ((error as NodeJS.ErrnoException).code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return true;
    return undefined;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/**
 * Copies the index with its time. Git looks into files that are not older than the index, since they can have changed
 * within the same second and kept their length; beside a copy that is newer, it would take such a change for none.
 */
async function copyIndex(from: string, to: string): Promise<void> {
  const { mtimeMs } = await stat(from);
  await copyFile(from, to);
  const second = Math.floor(mtimeMs / 1_000);
  await utimes(to, second, second);
}
