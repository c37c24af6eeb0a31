import type { RangeReader } from "../../model/range-reader.ts";
import type { ScanFindings } from "./verdict.ts";

/** Content to be judged, with what is known of it. */
export interface ScanContent {
  readonly read: RangeReader;
  /** Path of the file in the model, or of the member in its archive. */
  readonly path: string;
  /** Path within the file, for findings; absent for the file itself. */
  readonly member?: string;
  /** Archives around it. */
  readonly depth: number;
}

/** Judges content by what it is; archives hand their members to it. */
export type ContentScan = (content: ScanContent, findings: ScanFindings) => Promise<string>;

/** How findings point at a member. */
export function memberOf({ member }: Pick<ScanContent, "member">): { readonly member?: string } {
  return member === undefined ? {} : { member };
}
