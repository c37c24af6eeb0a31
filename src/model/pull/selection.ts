import { matchesGlob } from "node:path";
import type { FileKind } from "../media-types.ts";
import type { ModelView, ModelViewFile } from "../view.ts";

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

/** The files that are layers of their own and wanted. */
export function selectLayers({ files }: ModelView, selection: Selection): readonly ModelViewFile[] {
  return files.filter(({ archive, path, kind }) => !archive && isSelected(path, kind, selection));
}

/** The archives that may hold wanted files: their kind is known before they are fetched, their paths are not. */
export function selectArchives({ files }: ModelView, { kinds }: Selection): readonly ModelViewFile[] {
  return files.filter(({ archive, kind }) => archive && (kinds?.includes(kind) ?? true));
}

/** Like .gitignore and rsync: `*.json` means files of that name anywhere, `onnx/*.json` those in one directory. */
function matches(path: string, glob: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return matchesGlob(path, glob) || (!glob.includes("/") && matchesGlob(name, glob));
}
