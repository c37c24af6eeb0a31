import { ModelError } from "../errors.ts";
import { findCollision, foldPath, pathProblem } from "../file-path.ts";
import { stagingName } from "./target-directory.ts";

/**
 * Refuses paths that lead out of the directory or that cannot exist beside one another on every system.
 *
 * @throws {@link ModelError} `PATH_ESCAPE` or `CONFIG_INVALID`.
 */
export function checkPaths(paths: readonly string[]): void {
  for (const path of paths) {
    const isStaging = foldPath(path).split("/")[0] === stagingName;
    const problem = isStaging ? "mreg keeps incomplete files there" : pathProblem(path);
    if (problem) throw new ModelError("PATH_ESCAPE", `refusing the path ${JSON.stringify(path)}: ${problem}`, { path });
  }
  const collision = findCollision(paths);
  if (collision) {
    const [one, other] = collision.map((path) => JSON.stringify(path));
    throw new ModelError("CONFIG_INVALID", `the artifact holds both ${one} and ${other}, which are one file or nested`);
  }
}
