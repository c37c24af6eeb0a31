import { matchesGlob } from "node:path";
import type { FileKind } from "../media-types.ts";

/** Which files of a model are wanted. */
export interface Selection {
  /** Globs; a file must match one of them. Default: all. A pattern without a slash matches base names. */
  readonly include?: readonly string[] | undefined;
  /** Globs; a file must match none of them. */
  readonly exclude?: readonly string[] | undefined;
  readonly kinds?: readonly FileKind[] | undefined;
}

/** Tells whether a file is wanted. */
export function isSelected(path: string, kind: FileKind, selection: Selection): boolean {
  const { include = [], exclude = [], kinds } = selection;
  if (kinds && !kinds.includes(kind)) return false;
  if (include.length > 0 && !include.some((glob) => matches(path, glob))) return false;
  return !exclude.some((glob) => matches(path, glob));
}

/** Like .gitignore and rsync: `*.json` means files of that name anywhere, `onnx/*.json` those in one directory. */
function matches(path: string, glob: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return matchesGlob(path, glob) || (!glob.includes("/") && matchesGlob(name, glob));
}
