import { type EvidenceDraft, EvidenceError } from "../../evidence/index.ts";
import type { ImportedEvidence } from "./source-model.ts";

/** A draft, or the reason why what the source says makes none: nobody asked for it by name, so it is not the end. */
export async function tryDraft(
  what: string,
  make: () => EvidenceDraft | Promise<EvidenceDraft>,
): Promise<ImportedEvidence> {
  try {
    return { drafts: [await make()], notes: [] };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return { drafts: [], notes: [`${what}: ${error.message}`] };
  }
}
