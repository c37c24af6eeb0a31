import { type EvidenceFile, fileReference } from "../evidence-file.ts";
import type { PredicateKind } from "../predicate-types.ts";
import type { FileReference } from "../predicates/resource.ts";

/** What a reader makes of a file. */
export interface Reading {
  readonly predicate: Readonly<Record<string, unknown>>;
  /** The files to attach when they are not simply those that were given. */
  readonly files?: readonly EvidenceFile[];
  /** The predicate that it is, where a kind of evidence has several. */
  readonly as?: PredicateKind;
}

/** The file to read, then those that go with it. */
export type ReadFiles = readonly [EvidenceFile, ...EvidenceFile[]];

/** The `evidence` field of predicates that have a field of their own for the file that was read. */
export function furtherEvidence([, ...rest]: ReadFiles): { evidence?: FileReference[] } {
  return rest.length > 0 ? { evidence: rest.map(fileReference) } : {};
}
