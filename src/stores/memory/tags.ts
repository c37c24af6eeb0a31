import type { TagOptions } from "../../oci/content.ts";
import { type Descriptor, identity } from "../../oci/descriptor.ts";
import { StoreError } from "../../oci/errors.ts";
import { checkTag } from "../../oci/reference.ts";
import { isReferrersTag } from "../../oci/referrers-tag.ts";

/** The tags of one repository. */
export class MemoryTags {
  readonly #tags = new Map<string, Descriptor>();

  get(tag: string): Descriptor | undefined {
    return this.#tags.get(tag);
  }

  set(tag: string, target: Descriptor, options: TagOptions = {}): void {
    checkTag(tag);
    const current = this.#tags.get(tag);
    if (options.once && current && current.digest !== target.digest) {
      throw new StoreError("CONFLICT", `tag ${tag} is ${current.digest}, expected ${target.digest}`);
    }
    this.#tags.set(tag, identity(target));
  }

  delete(tag: string): void {
    if (!this.#tags.delete(tag)) throw new StoreError("NOT_FOUND", `there is no tag ${tag}`);
  }

  deleteTarget(target: Descriptor): void {
    for (const [tag, { digest }] of this.#tags) if (digest === target.digest) this.#tags.delete(tag);
  }

  names(): readonly string[] {
    return [...this.#tags.keys()].filter((tag) => !isReferrersTag(tag));
  }
}
