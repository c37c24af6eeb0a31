import type { Collector } from "./finding.ts";
import { isChanged } from "./git-changes.ts";
import { findGitDirectory, readHead, readRemote } from "./git-directory.ts";

/** The commit that is checked out where the user is, with branch, remote, and whether files differ from it. */
export const gitCollector: Collector = {
  name: "git",
  collect: async ({ directories, env, signal }) => {
    for (const directory of directories.toReversed()) {
      const found = await findGitDirectory(directory);
      const head = found && (await readHead(found));
      if (!head) continue;
      const isDirty = await isChanged(found, head.commit, { env, signal });
      const repo = await readRemote(found);
      return [{ source: ".git/HEAD", facts: { code: { ...head, repo, isDirty } } }];
    }
    return [];
  },
};
