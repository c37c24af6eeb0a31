import type { ChainLink, SlotState } from "./fold.ts";

/** What the slots beside the main one serve. */
export class Slots {
  readonly #slots = new Map<string, SlotState>();

  get all(): ReadonlyMap<string, SlotState> {
    return this.#slots;
  }

  /** A weight of 0 empties the slot. */
  put(link: ChainLink, slot: string): void {
    const { version, subject: digest } = link;
    const { weight } = link.record;
    if (weight === 0) this.#slots.delete(slot);
    else this.#slots.set(slot, { slot, version, digest, link, ...(weight === undefined ? {} : { weight }) });
  }

  /** Takes a version out of every slot. */
  remove(version: number): void {
    for (const [slot, state] of this.#slots) {
      if (state.version === version) this.#slots.delete(slot);
    }
  }
}

/** What would be left for the main slot, in percent, if a slot took `weight`; negative when there is not enough. */
export function weightLeft(slots: ReadonlyMap<string, SlotState>, slot: string, weight: number): number {
  const others = [...slots.values()].filter((one) => one.slot !== slot);
  return 100 - weight - others.reduce((sum, one) => sum + (one.weight ?? 0), 0);
}
