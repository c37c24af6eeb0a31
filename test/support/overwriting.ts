import { resolveTag } from "../../src/lifecycle/versions/version.ts";
import type { Repository } from "../../src/oci/content.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { StoreError } from "../../src/oci/errors.ts";

/** What a writer does on its way through `tag`. */
export interface TagStep {
  readonly kind: "writes" | "has written";
  readonly tag: string;
  readonly target: Descriptor;
}

export interface WriterOptions {
  /** The writer goes on when this is done. */
  readonly at?: (step: TagStep) => Promise<void>;
  /** It has looked at the tags before anybody wrote them. */
  readonly seesNone?: boolean;
}

/** A repository in a registry where two may create one tag: `tag` once is a look, a write and a look. */
export function overwriting(repository: Repository, { at = async () => {}, seesNone = false }: WriterOptions = {}) {
  return new Proxy(repository, {
    get(store, name) {
      if (name === "supports") return { ...store.supports, createOnce: false };
      const member = Reflect.get(store, name) as unknown;
      if (typeof member !== "function") return member;
      if (name !== "tag") return (...args: unknown[]) => Reflect.apply(member, store, args) as unknown;
      return async (target: Descriptor, tag: string, { once = false }: { once?: boolean } = {}) => {
        const isTaken = async () => ![undefined, target.digest].includes(await resolveTag(store, tag, {}));
        if (once && !seesNone && (await isTaken())) throw new StoreError("CONFLICT", "taken");
        await at({ kind: "writes", tag, target });
        await store.tag(target, tag);
        await at({ kind: "has written", tag, target });
        if (once && (await isTaken())) throw new StoreError("CONFLICT", "overwritten");
      };
    },
  });
}
