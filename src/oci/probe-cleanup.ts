import { hasCode, isMregError } from "../base/errors.ts";
import type { Repository } from "./content.ts";
import type { Descriptor } from "./descriptor.ts";
import { emptyJson } from "./pack.ts";
import type { ProbeContent } from "./probe.ts";
import { referrersTag } from "./referrers-tag.ts";

/** Empties the repositories of a probe, as far as the store lets it, and says what is left. */
export class ProbeCleanup {
  readonly #store: Repository;
  readonly #beside: Repository;
  readonly #added: Descriptor[] = [];

  constructor(store: Repository, beside: Repository) {
    this.#store = store;
    this.#beside = beside;
  }

  /** Something else that was stored and must go. */
  add(content: Descriptor): void {
    this.#added.push(content);
  }

  /** @returns what is still there, in words; never fails. */
  async run({ blob, spare, manifest, other, referrer, tag }: ProbeContent): Promise<readonly string[]> {
    const left: string[] = [];
    const manifests = [referrer, manifest, other].map(({ descriptor }) => descriptor);
    const list = await attempt(() => this.#store.resolve(referrersTag(manifest.descriptor.digest)));
    if (list && list.digest !== manifest.descriptor.digest) manifests.unshift(list);
    // With their tags; where manifests cannot be deleted, tags perhaps can.
    for (const each of manifests) if (!(await removed(this.#store, each))) left.push(`manifest ${each.digest}`);
    for (const name of [tag, `${tag}-untag`]) {
      if (
        await attempt(() =>
          this.#store.resolve(name).then(() =>
            this.#store.untag(name).then(
              () => false,
              () => true,
            ),
          ),
        )
      )
        left.push(`tag ${name}`);
    }
    const blobs = [blob.descriptor, spare.descriptor, emptyJson.descriptor, ...this.#added];
    for (const each of blobs) if (!(await removed(this.#store, each))) left.push(`blob ${each.digest}`);
    if (!(await removed(this.#beside, blob.descriptor)))
      left.push(`blob ${blob.descriptor.digest} in ${this.#beside.name}`);
    return left;
  }
}

/** Tells whether content is gone, whoever removed it. */
async function removed(store: Repository, target: Descriptor): Promise<boolean> {
  try {
    await store.delete(target);
  } catch (error) {
    if (!isMregError(error)) throw error;
    if (hasCode(error, "NOT_FOUND")) return true;
  }
  return (await attempt(() => store.exists(target))) === false;
}

async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isMregError(error)) return undefined;
    throw error;
  }
}
