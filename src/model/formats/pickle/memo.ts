import { pickleMemoLimit } from "../../limits.ts";
import { unsafe } from "../../weights/tensor.ts";
import { isObject, type PickleValue } from "./value.ts";

/** What takes the place of a value that was not kept. */
const notKept: PickleValue = { kind: "opaque", what: "value that was not kept" };

/** Values that are kept for a while when there is no room: whoever names a module names a function of it next. */
const recentLimit = 8;

/** Names and what they stand for that are kept when there is no room. */
const pinnedLimit = 10_000;

/**
 * What a pickle remembers, by number. Numbers are counted exactly, since MEMOIZE takes the next one; values are kept as
 * long as there is room, and beyond it only what imports need: a vocabulary may have millions of words, and they are no
 * names of modules.
 */
export class PickleMemo {
  /** Serializers number from 0 or 1 on, without gaps; `#first` is the number of `#values[0]`. */
  #first = 0;
  #count = 0;
  readonly #values: PickleValue[] = [];
  /** Numbers that are out of turn. */
  readonly #others = new Map<number, PickleValue>();
  /** A ring: numbers, and the values under them. */
  readonly #recentNumbers: number[] = [];
  readonly #recentValues: PickleValue[] = [];
  #recentAt = 0;
  readonly #pinned = new Map<number, PickleValue>();
  #isFull = false;

  /** How many numbers are taken. */
  get size(): number {
    return this.#count + this.#others.size;
  }

  get(index: number): PickleValue | undefined {
    const other = this.#others.get(index);
    if (other !== undefined) return other;
    const at = index - this.#first;
    if (at < 0 || at >= this.#count) return undefined;
    if (at < this.#values.length) return this.#values[at];
    const recent = this.#recentNumbers.indexOf(index);
    return this.#pinned.get(index) ?? (recent < 0 ? notKept : this.#recentValues[recent]);
  }

  /** @param hasRoom - whether the value may be kept. */
  put(index: number, value: PickleValue, hasRoom: boolean): void {
    if (this.#count === 0 && this.#others.size === 0) this.#first = index;
    const at = index - this.#first;
    if (at === this.#count && !this.#others.has(index)) this.#append(index, value, hasRoom);
    else if (at >= 0 && at < this.#count) {
      this.#pinned.delete(index);
      const recent = this.#recentNumbers.indexOf(index);
      if (recent >= 0) this.#recentNumbers[recent] = -1;
      if (at < this.#values.length) this.#values[at] = hasRoom ? value : notKept;
      else this.#keepLate(index, value);
    } else {
      this.#others.set(index, hasRoom ? value : notKept);
      if (this.#others.size > pickleMemoLimit) throw unsafe(`numbers more than ${pickleMemoLimit} values out of turn`);
    }
  }

  /** Keeps names of an import that were remembered last, for the next import from there. */
  pin(names: readonly PickleValue[]): void {
    for (const [at, value] of this.#recentValues.entries()) {
      const index = this.#recentNumbers[at] ?? -1;
      if (index >= 0 && names.includes(value) && this.#pinned.size < pinnedLimit) this.#pinned.set(index, value);
    }
  }

  #append(index: number, value: PickleValue, hasRoom: boolean): void {
    this.#count++;
    this.#isFull ||= !hasRoom;
    if (this.#isFull) this.#keepLate(index, value);
    else this.#values.push(value);
  }

  #keepLate(index: number, value: PickleValue): void {
    if (isObject(value) && value.kind === "global" && this.#pinned.size < pinnedLimit) this.#pinned.set(index, value);
    this.#recentNumbers[this.#recentAt] = index;
    this.#recentValues[this.#recentAt] = value;
    this.#recentAt = (this.#recentAt + 1) % recentLimit;
  }
}
