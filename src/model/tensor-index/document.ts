import type { Digest } from "../../base/digest.ts";
import type { tensorIndexType } from "../media-types.ts";

/**
 * Which tensors and pieces a model's files consist of: the content of {@link tensorIndexType}.
 *
 * A claim by whoever attached it. It says which bytes need not be fetched again; whether they were the right ones is
 * decided by the digest of the whole file, always.
 */
export interface TensorIndex {
  readonly schemaVersion: 1;
  readonly mediaType: typeof tensorIndexType;
  /** Sorted by path. */
  readonly files: readonly IndexedFile[];
}

/** One file of a model in an index. */
export interface IndexedFile {
  /** In the model. */
  readonly path: string;
  /** Of the whole file: the layer it describes. */
  readonly digest: Digest;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Mean length of content-defined pieces in bytes, a power of two; absent when the entries follow the tensors. */
  readonly contentSize?: number | undefined;
  /** In the order of the file, covering it without holes. */
  readonly entries: readonly IndexEntry[];
}

/** A tensor, a part of a large one, or a stretch of a file that belongs to none. */
export interface IndexEntry {
  /** First byte, counted from the start of the file; where the entry before it ends. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** Of these bytes, in hex. */
  readonly sha256: string;
  /** The tensor that starts here; absent for headers, padding and content pieces. */
  readonly name?: string | undefined;
  /** As the file spells it, such as `BF16`; with `name`. */
  readonly dtype?: string | undefined;
  /** In the order of the file; with `name`. */
  readonly shape?: readonly number[] | undefined;
  /** A tensor above 64 MiB goes on: 2 for its second entry. */
  readonly part?: number | undefined;
}
