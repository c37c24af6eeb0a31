import type { ByteStream } from "../../base/bytes.ts";
import type { TransferListener } from "../../base/events.ts";
import type { LineageOverrides } from "../../evidence/collectors/stated.ts";
import type { EvidenceDraft, MetricDirection } from "../../evidence/index.ts";
import type { CallOptions } from "../../oci/content.ts";

/** A file of a model that lies elsewhere. */
export interface SourceFile {
  /** Relative, with slashes; an attacker's until `stageFiles` has checked it. */
  readonly path: string;
  /** Bytes, where the source says so. */
  readonly size?: number | undefined;
  /** Reads it from the start; each call is a new reading. */
  open(options?: CallOptions): Promise<ByteStream>;
}

/** What the user adds to what a source says of a model. */
export interface ImportWishes {
  /** Decides over what the source says of the training run. */
  readonly lineage?: LineageOverrides;
  /** By metric: whether more is better, where its name does not tell. */
  readonly directions?: Readonly<Record<string, MetricDirection>>;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

/** Statements that can be made about an imported model. */
export interface ImportedEvidence {
  readonly drafts: readonly EvidenceDraft[];
  /** What could not be stated, and why; one line each. */
  readonly notes: readonly string[];
}

/** Files of a model on this machine. */
export interface BroughtFiles {
  readonly directory: string;
  /** Where symlinks in it may lead. */
  readonly linkTargets?: readonly string[];
}

export interface BringOptions extends CallOptions {
  readonly onEvent?: TransferListener | undefined;
}

/** A model at one version in another world, ready to be brought here. */
export interface SourceModel {
  /** Which world: `mlflow`, `huggingface`. */
  readonly source: string;
  /** The one version, in that world's terms; never a name that moves. */
  readonly location: string;
  /** What the model is called there. */
  readonly name: string;
  /** Where people find it. */
  readonly url?: string | undefined;
  /** Revision of the source, where it has one. */
  readonly revision?: string | undefined;
  /** More of where it comes from, as annotations of the model. */
  readonly imported: Readonly<Record<string, string>>;
  /** Brings the files to this machine, unless they are there: into `scratch`, an empty directory. */
  bring(scratch: string, options?: BringOptions): Promise<BroughtFiles>;
  /** @param directory - where the files are now. */
  evidence(directory: string, wishes: ImportWishes): Promise<ImportedEvidence>;
}
