import type { TransitionRecord } from "./record.ts";

type List = TransitionRecord["evidence"];

/** Keeps equal lists of statements once: most records of a version name what the one before it named. */
export class ListPool {
  readonly #lists = new Map<string, List>();

  share(record: TransitionRecord): TransitionRecord {
    return { ...record, evidence: this.#shared(record.evidence), baseline: this.#shared(record.baseline) };
  }

  #shared(list: List): List {
    const key = list.map(({ digest }) => Object.values(digest).join()).join();
    const known = this.#lists.get(key);
    if (known) return known;
    this.#lists.set(key, list);
    return list;
  }
}
