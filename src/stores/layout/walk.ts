import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ContentError, isMregError } from "../../base/errors.ts";
import { checkLayoutName } from "./directory.ts";
import { isMissing } from "./files.ts";
import { walkLimit } from "./limits.ts";

/**
 * Lists the names of the layouts below a directory, parents before children.
 *
 * Names that no repository can have are passed by, so are links and the blobs of layouts. That bounds the depth.
 *
 * @throws {@link ContentError} `LIMIT_EXCEEDED`.
 */
export async function* findLayouts(root: string, signal?: AbortSignal): AsyncIterable<string> {
  const queue: string[] = [""];
  for (let visited = 0; queue.length > 0; visited++) {
    signal?.throwIfAborted();
    const name = queue.pop() as string;
    if (visited + queue.length > walkLimit) {
      throw new ContentError("LIMIT_EXCEEDED", `${root} has more than ${walkLimit} directories`);
    }
    const children = await list(join(resolve(root), name));
    // A layout of a version that mreg cannot read is listed too: reading it says what is wrong.
    if (name !== "" && children.some((child) => child.isFile() && child.name === "oci-layout")) yield name;
    const names = children
      .filter((child) => child.isDirectory())
      .map((child) => (name ? `${name}/${child.name}` : child.name));
    // Sorted the wrong way round, since the queue is read from its end.
    queue.push(...names.filter(isLayoutName).sort().reverse());
  }
}

async function list(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isLayoutName(name: string): boolean {
  try {
    checkLayoutName(name);
    return true;
  } catch (error) {
    if (isMregError(error)) return false;
    throw error;
  }
}
