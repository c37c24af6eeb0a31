import { draftEvidence } from "../../../evidence/index.ts";
import { draftLineage } from "../../../evidence/lineage/draft-lineage.ts";
import { splitFrontMatter } from "../../../evidence/readers/markdown.ts";
import type { CallOptions } from "../../../oci/content.ts";
import { cardEvidence, readmeIn } from "../card-evidence.ts";
import type { HttpSource } from "../http-source.ts";
import type { ImportedEvidence, ImportWishes, SourceModel } from "../source-model.ts";
import { stageFiles } from "../stage.ts";
import { tryDraft } from "../try-draft.ts";
import { openHubModel } from "./hub.ts";
import type { HubName } from "./repository-name.ts";
import { openSnapshot } from "./snapshot.ts";

export { type HubName, parseHubName } from "./repository-name.ts";
export { cacheDirectoryName } from "./snapshot.ts";

/** Where people find models of the hub. */
export const hubAddress = "https://huggingface.co";

/** Opens a snapshot on this machine. @throws {@link SourceError}. */
export async function openLocalSnapshot(path: string, revision?: string): Promise<SourceModel> {
  const { directory, linkTargets, id, commit } = await openSnapshot(path, revision);
  return {
    ...described(id, commit),
    name: id?.split("/").at(-1) ?? directory.split(/[/\\]/).at(-1) ?? "model",
    bring: () => Promise.resolve({ directory, linkTargets }),
    evidence: huggingFaceEvidence,
  };
}

/** Opens a model of a hub at a revision. @throws {@link SourceError}. */
export async function openHub(hub: HttpSource, name: HubName, options: CallOptions = {}): Promise<SourceModel> {
  const { id, commit, files } = await openHubModel(hub, name, options);
  return {
    ...described(id, commit),
    name: id.split("/").at(-1) ?? id,
    bring: (scratch, call) => stageFiles(files, scratch, call),
    evidence: huggingFaceEvidence,
  };
}

function described(id: string | undefined, commit: string | undefined) {
  const location = id === undefined ? "a local directory" : `hf://${id}${commit === undefined ? "" : `@${commit}`}`;
  return {
    source: "huggingface",
    location,
    ...(id === undefined ? {} : { url: `${hubAddress}/${id}` }),
    ...(commit === undefined ? {} : { revision: commit }),
    imported: { source: "huggingface", ...(id === undefined ? {} : { location }) },
  };
}

/** What lies beside the weights: the card, the results in its front matter, what the trainer left. */
async function huggingFaceEvidence(directory: string, wishes: ImportWishes): Promise<ImportedEvidence> {
  const { directions, lineage: overrides = {}, now, signal } = wishes;
  const readme = await readmeIn(directory);
  const place = { directories: [directory], env: {}, signal };
  const { draft, missing, notes } = await draftLineage({ place, overrides });
  const results = readme && hasResults(readme.bytes);
  const parts: ImportedEvidence[] = [
    draft
      ? { drafts: [draft], notes }
      : { drafts: [], notes: [...notes, `lineage: the files name no ${missing.join(" and no ")}`] },
    results
      ? await tryDraft("eval", () =>
          draftEvidence("eval", { files: [readme], now, ...(directions ? { eval: { directions } } : {}) }),
        )
      : { drafts: [], notes: ["eval: the card has no results"] },
    await cardEvidence(readme, now),
  ];
  return { drafts: parts.flatMap((part) => part.drafts), notes: parts.flatMap((part) => part.notes) };
}

/** Whether the front matter has a `model-index`; cheaper than an error that nobody needs. */
function hasResults(bytes: Uint8Array): boolean {
  return /^model-index:/m.test(splitFrontMatter(Buffer.from(bytes).toString("utf8")).frontMatter ?? "");
}
