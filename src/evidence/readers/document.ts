import { EvidenceError } from "../errors.ts";
import { fileReference } from "../evidence-file.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import { type Document, DocumentRole } from "../predicates/document.ts";
import { furtherEvidence, type ReadFiles, type Reading } from "./reading.ts";

const digestPattern = /\bsha256:[0-9a-f]{64}(?![0-9a-f])/g;

/**
 * Takes a document of any format as it is, and notes the digests that its text names.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INCOMPLETE` without a role, `EVIDENCE_INVALID` for one that no gate asks for.
 */
export function readDocument(files: ReadFiles, { role }: Pick<EvidenceInput, "role">): Reading {
  const [file] = files;
  const expected = `expected ${DocumentRole.options.join(", ")}`;
  if (role === undefined) {
    throw new EvidenceError("EVIDENCE_INCOMPLETE", `it has no role, ${expected}`, {
      file: file.path,
      missing: ["role"],
    });
  }
  const parsed = DocumentRole.safeParse(role);
  if (!parsed.success) {
    const found = JSON.stringify(role.slice(0, 50));
    throw new EvidenceError("EVIDENCE_INVALID", `its role is ${found}, ${expected}`, { file: file.path });
  }
  // Any encoding that keeps ASCII will do: the format is unknown, a PDF or a word processor's file included.
  const named = new Set(Buffer.from(file.bytes).toString("latin1").match(digestPattern) ?? []);
  const predicate: Document = {
    role: parsed.data,
    document: fileReference(file),
    ...furtherEvidence(files),
    ...(named.size > 0 ? { references: [...named].sort() } : {}),
  };
  return { predicate };
}
