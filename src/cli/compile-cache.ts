import { enableCompileCache } from "node:module";

/** The two calls of `node:fs` that are needed; importing all of it would cost more than the cache saves `--version`. */
type Files = Pick<typeof import("node:fs"), "lstatSync" | "mkdirSync">;

/** What the environment says about the place of the cache. */
export interface CompileCacheOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /** The process' effective user; absent on Windows. */
  readonly userId: number | undefined;
}

/**
 * Keeps compiled code between runs, in the user's own cache directory.
 *
 * Node's default is a name in the shared temporary directory that anybody may create first, and compiled code is not
 * verified against its source beyond a checksum: who may write there decides what runs. So a directory that is not this
 * user's alone is not used. Does nothing where there is no home, where it cannot be written, and under
 * NODE_DISABLE_COMPILE_CACHE; NODE_COMPILE_CACHE names another directory and goes first.
 *
 * @returns the directory, or undefined when nothing is kept in it.
 */
export function keepCompiledCode(files: Files, options: CompileCacheOptions): string | undefined {
  if (options.env["NODE_COMPILE_CACHE"] || options.env["NODE_DISABLE_COMPILE_CACHE"]) return undefined;
  const directory = compileCacheDirectory(options);
  if (directory === undefined || !isOwn(files, directory, options.userId)) return undefined;
  return enableCompileCache(directory).directory;
}

/** Below XDG_CACHE_HOME, %LOCALAPPDATA% or ~/.cache. */
function compileCacheDirectory({ env, platform }: CompileCacheOptions): string | undefined {
  if (platform === "win32") return env["LOCALAPPDATA"] ? `${env["LOCALAPPDATA"]}\\mreg\\compile-cache` : undefined;
  const cache = env["XDG_CACHE_HOME"] || (env["HOME"] ? `${env["HOME"]}/.cache` : "");
  return cache.startsWith("/") ? `${cache}/mreg/compile-cache` : undefined;
}

/** Makes the directory, and looks whether others own it or may write to it: `sudo` keeps the HOME of another user. */
function isOwn(files: Files, directory: string, userId: number | undefined): boolean {
  try {
    files.mkdirSync(directory, { recursive: true, mode: 0o700 });
    const found = files.lstatSync(directory);
    return found.isDirectory() && (userId === undefined || (found.uid === userId && (found.mode & 0o022) === 0));
  } catch {
    return false;
  }
}
