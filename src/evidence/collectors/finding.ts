import type { JsonValue } from "../../base/json.ts";
import type { DigestSet } from "../predicates/digest-set.ts";

/** A data set as a collector found it. */
export interface FoundDataset {
  /** Without the prefix `dataset:`. */
  readonly name: string;
  readonly uri?: string | undefined;
  readonly version?: string | undefined;
  readonly digest?: DigestSet | undefined;
}

/** A lock file, or a container image: what a run was made with. */
export interface FoundMaterial {
  readonly name: string;
  readonly uri?: string | undefined;
  readonly digest?: DigestSet | undefined;
  readonly annotations?: Readonly<Record<string, JsonValue>> | undefined;
}

/** What one place says of a training run; everything it does not say is absent. */
export interface Facts {
  /** The training run's id. */
  readonly run?: string | undefined;
  /** RFC 3339 in UTC. */
  readonly started?: string | undefined;
  readonly finished?: string | undefined;
  readonly code?: {
    readonly repo?: string | undefined;
    /** 40 or 64 lower-case hexadecimal characters. */
    readonly commit: string;
    readonly branch?: string | undefined;
    /** Whether files differed from the commit; absent when it could not be told. */
    readonly isDirty?: boolean | undefined;
  };
  readonly datasets?: readonly FoundDataset[];
  readonly baseModel?: {
    readonly uri: string;
    readonly digest?: DigestSet | undefined;
    readonly revision?: string | undefined;
  };
  /** Inputs of the run, such as `hyperparameters` and `entryPoint`. */
  readonly parameters?: Readonly<Record<string, JsonValue>>;
  /** Versions of programs, hardware, CI. */
  readonly environment?: Readonly<Record<string, JsonValue>>;
  readonly materials?: readonly FoundMaterial[];
}

/** Facts with the file or the variables they come from: `dvc.lock`, `env GITHUB_RUN_ID`. */
export interface Finding {
  readonly source: string;
  readonly facts: Facts;
}

/** Looks in one kind of place. Whatever it cannot read is no finding, and said by throwing. */
export interface Collector {
  readonly name: string;
  readonly collect: (place: Place) => Promise<readonly Finding[]>;
}

/** Where collectors look. */
export interface Place {
  /** Absolute directories: those of the model's files, then the one the user is in. */
  readonly directories: readonly string[];
  /** The environment's variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** A full commit, in the only spelling that everybody compares alike. */
export function commitIn(text: string | undefined): string | undefined {
  const commit = text?.trim().toLowerCase();
  return commit !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit) ? commit : undefined;
}
