import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ImportWishes, SourceModel } from "./bridges/sources/source-model.ts";
import type { EvidenceKind } from "./evidence/evidence-input.ts";
import type { ModelInput } from "./model/model-input.ts";
import type { Repository } from "./oci/content.ts";
import type { Descriptor } from "./oci/descriptor.ts";
import { type PushedModel, type PushModelOptions, pushModel } from "./push-model.ts";
import type { Signer } from "./trust/signer.ts";

export interface ImportModelOptions extends Omit<PushModelOptions, "speculate"> {
  /** What the importer says of the model; what the source says of it comes on top. */
  readonly input: Omit<ModelInput, "paths" | "imported" | "linkTargets">;
  /** Existing directory for the files on their way. */
  readonly workDirectory: string;
  /** Signs the statements; without one the model comes alone. */
  readonly signer?: Signer | undefined;
  readonly wishes: Omit<ImportWishes, "now" | "signal">;
  readonly clock: () => Date;
}

export interface ImportedModel extends PushedModel {
  readonly evidence: readonly { readonly kind: EvidenceKind; readonly statement: Descriptor }[];
  readonly notes: readonly string[];
}

/**
 * Brings a model from another world: its files as the next version, and what that world says of it as signed
 * statements.
 *
 * Content that is a version already stays that version. What the source does not say enough for is a note.
 *
 * @throws {@link SourceError} when it cannot be had; nothing is pushed then.
 */
export async function importModel(
  repository: Repository,
  source: SourceModel,
  options: ImportModelOptions,
): Promise<ImportedModel> {
  const { clock, input, onEvent, signal, signer, wishes, workDirectory } = options;
  const scratch = await mkdtemp(join(workDirectory, "mreg-import-"));
  try {
    const { directory, linkTargets = [] } = await source.bring(scratch, { signal, onEvent });
    const { url, revision, imported } = source;
    const pushed = await pushModel(
      repository,
      {
        ...(url ? { source: url } : {}),
        ...(revision ? { revision } : {}),
        ...{ ...input, imported, paths: [directory], linkTargets },
      },
      options,
    );
    const { drafts, notes } = await source.evidence(directory, { ...wishes, now: clock(), signal });
    if (!signer) {
      const unsaid = drafts.map(({ kind }) => `${kind}: not attached, a statement needs a signature`);
      return { ...pushed, evidence: [], notes: [...notes, ...unsaid] };
    }
    const { attachEvidence } = await import("./evidence/attach-evidence.ts");
    const { descriptor } = pushed.artifact.manifest;
    const evidence: ImportedModel["evidence"][number][] = [];
    for (const draft of drafts) {
      const attached = await attachEvidence(repository, descriptor, draft, {
        ...{ name: repository.name, signer, clock, signal },
      });
      evidence.push({ kind: draft.kind, statement: attached.statement });
    }
    return { ...pushed, evidence, notes };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
