import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { documentLimitBytes } from "../../base/limits.ts";
import { draftEvidence, type EvidenceSource } from "../../evidence/index.ts";
import type { ImportedEvidence } from "./source-model.ts";
import { tryDraft } from "./try-draft.ts";

/** The `README.md` of a model's directory, when there is one of a readable length. */
export async function readmeIn(directory: string): Promise<EvidenceSource | undefined> {
  const path = join(directory, "README.md");
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size === 0 || found.size > documentLimitBytes) return undefined;
  return { path: "README.md", bytes: await readFile(path) };
}

/** A model card, when the text has any field of one. */
export function cardEvidence(card: EvidenceSource | undefined, now: Date): Promise<ImportedEvidence> {
  if (!card) return Promise.resolve({ drafts: [], notes: ["card: there is none"] });
  return tryDraft("card", () => draftEvidence("card", { files: [card], now }));
}
