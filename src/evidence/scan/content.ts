import type { RangeReader } from "../../model/weights/range-reader.ts";
import type { ScanContext } from "./context.ts";
import type { ScanFindings } from "./verdict.ts";
import type { WorkBudget } from "./work-budget.ts";

/** Content to be judged, with what is known of it. */
export interface ScanContent {
  readonly read: RangeReader;
  /** Path of the file in the model, or of the member in its archive. */
  readonly path: string;
  /** Path within the file, for findings; absent for the file itself. */
  readonly member?: string;
  /** Archives around it. */
  readonly depth: number;
  /** The model around it; absent when a file is judged alone. */
  readonly context?: ScanContext;
  /** Shared by all that is within one file; absent for the file itself. */
  readonly budget?: WorkBudget;
}

/** Judges content by what it is; archives hand their members to it. */
export type ContentScan = (content: ScanContent, findings: ScanFindings) => Promise<string>;

/** How findings point at a member. */
export function memberOf({ member }: Pick<ScanContent, "member">): { readonly member?: string } {
  return member === undefined ? {} : { member };
}
