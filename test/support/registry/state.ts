import type { Digest } from "../../../src/base/digest.ts";

export interface StoredManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/**
 * An upload that has not ended. The Location names its state exactly, with characters that careless clients re-encode.
 */
export interface Upload {
  readonly id: string;
  readonly parts: Uint8Array[];
  size: number;
  /** PATCH requests taken so far. */
  patches: number;
}

export interface RepositoryState {
  readonly blobs: Map<Digest, Uint8Array>;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly tags: Map<string, Digest>;
  readonly uploads: Map<string, Upload>;
}

/** Everything the registry holds. */
export class RegistryState {
  readonly repositories = new Map<string, RepositoryState>();

  /** The repository, made on the first write. */
  open(name: string): RepositoryState {
    const existing = this.repositories.get(name);
    if (existing) return existing;
    const created = { blobs: new Map(), manifests: new Map(), tags: new Map(), uploads: new Map() };
    this.repositories.set(name, created);
    return created;
  }
}
