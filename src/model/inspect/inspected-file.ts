import type { FileKind } from "../media-types.ts";
import type { RangeReader } from "../weights/range-reader.ts";

/** A file that can be looked into, wherever it is. */
export interface InspectedFile {
  readonly path: string;
  readonly kind: FileKind;
  /** Absent for an archive of many files, which is not looked into. */
  readonly open?: (options: { readonly signal?: AbortSignal | undefined }) => RangeReader;
  /** Whether reading takes requests, so that little is read. */
  readonly isRemote: boolean;
}
