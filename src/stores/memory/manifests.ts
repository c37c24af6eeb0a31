import type { Digest } from "../../base/digest.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Manifest } from "../../oci/manifest.ts";

/** The manifests of one repository, and who refers to whom. */
export class MemoryManifests {
  readonly #manifests = new Map<Digest, Manifest>();

  add(manifest: Manifest): void {
    this.#manifests.set(manifest.descriptor.digest, manifest);
  }

  get(digest: string): Manifest | undefined {
    return this.#manifests.get(digest as Digest);
  }

  delete(target: Descriptor): boolean {
    return this.#manifests.delete(target.digest);
  }

  *referrers(target: Descriptor, artifactType?: string): Iterable<Descriptor> {
    for (const { descriptor, value } of this.#manifests.values()) {
      if (value.subject?.digest !== target.digest) continue;
      if (artifactType === undefined || descriptor.artifactType === artifactType) yield descriptor;
    }
  }
}
