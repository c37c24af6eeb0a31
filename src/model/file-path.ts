import { fileNameLimitBytes, filePathLimitBytes } from "./limits.ts";

/** Device names that Windows finds in every directory, with any extension. */
const reservedName = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:[. :].*)?$/i;

/** ASCII. */
const plainPath = /^[ -~]*$/;

/** C0 and C1 control characters, and the marks that let a terminal show a name backwards. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is what the pattern is for
const hiddenCharacter = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/**
 * Says why a path must not become a file below a directory, on any of the usual systems; undefined when it may.
 *
 * Writers and readers ask the same question, so that what can be pushed from Linux can be pulled on Windows and macOS.
 * The path may come from a registry, so it is read as an attacker's.
 *
 * @param path - relative, components separated by slashes.
 */
export function pathProblem(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (/\p{Surrogate}/u.test(path)) return "it is not valid Unicode";
  if (hiddenCharacter.test(path)) return "it contains a control character";
  if (path.includes("\\")) return "it contains a backslash";
  if (path.startsWith("/")) return "it is absolute";
  if (/^[a-z]:/i.test(path)) return "it starts with a drive letter";
  if (Buffer.byteLength(path) > filePathLimitBytes) return `it is longer than ${filePathLimitBytes} bytes`;
  for (const component of path.split("/")) {
    const problem = componentProblem(component);
    if (problem) return problem;
  }
  return undefined;
}

function componentProblem(component: string): string | undefined {
  if (component === "") return "it has an empty component";
  if (component === "." || component === "..") return `it contains "${component}"`;
  if (/[. ]$/.test(component)) return "a component ends with a dot or a space";
  // `x.json::$DATA` is x.json itself there, and `x:$INDEX_ALLOCATION` the directory x.
  if (component.includes(":$")) return `${JSON.stringify(component)} is another name for a file on Windows`;
  if (reservedName.test(component)) return `${JSON.stringify(component)} is a device on Windows`;
  if (Buffer.byteLength(component) > fileNameLimitBytes)
    return `a component is longer than ${fileNameLimitBytes} bytes`;
  return undefined;
}

/**
 * The form under which file systems that ignore case and normalisation take two names for one.
 * Upper case first: it joins what lower case alone keeps apart, such as `ß` and `ss`.
 */
export function foldPath(path: string): string {
  // Of ten thousand names nearly all are plain, and these four steps make four strings of each.
  if (plainPath.test(path)) return path.toLowerCase();
  return path.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");
}

/**
 * Finds two paths that cannot be files of one directory everywhere: equal without case, or one a directory of the
 * other.
 */
export function findCollision(paths: readonly string[]): readonly [string, string] | undefined {
  const files = new Map<string, string>();
  for (const path of paths) {
    const folded = foldPath(path);
    const other = files.get(folded);
    if (other !== undefined) return [other, path];
    files.set(folded, path);
  }
  for (const [folded, path] of files) {
    for (let slash = folded.indexOf("/"); slash >= 0; slash = folded.indexOf("/", slash + 1)) {
      const other = files.get(folded.slice(0, slash));
      if (other !== undefined) return [other, path];
    }
  }
  return undefined;
}

/** Orders by UTF-16 code units, which does not depend on a locale. */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
