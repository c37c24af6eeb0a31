import { pickleRetainedLimit, pickleStackLimit } from "../../limits.ts";
import { unsafe } from "../../weights/tensor.ts";
import { PickleMemo } from "./memo.ts";
import { isObject, type PickleValue } from "./value.ts";

/** The unpickler's stack and memo, bounded: whoever wrote the file chose what is put onto them. */
export class PickleStack {
  readonly #values: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new PickleMemo();
  /** What was kept so far, in bytes, roughly; nothing more is kept beyond the limit. */
  #retained = 0;
  readonly #itemLimit: number;
  readonly #retainedLimit: number;
  /** Whether containers have fewer items than the pickle gives them. */
  elided = false;

  /**
   * @param itemLimit - the most items that are kept of one container.
   * @param retainedLimit - memory for what is kept, in bytes, roughly.
   */
  constructor(itemLimit: number, retainedLimit: number = pickleRetainedLimit) {
    this.#itemLimit = itemLimit;
    this.#retainedLimit = retainedLimit;
  }

  push(value: PickleValue): void {
    if (this.#values.length >= pickleStackLimit) throw unsafe(`needs a stack of more than ${pickleStackLimit} values`);
    this.#values.push(value);
  }

  pop(): PickleValue {
    this.#need(1);
    return this.#values.pop() as PickleValue;
  }

  /** The topmost value, which stays. */
  top(): PickleValue {
    this.#need(1);
    return this.#values.at(-1) as PickleValue;
  }

  mark(): void {
    if (this.#marks.length >= pickleStackLimit) throw unsafe(`needs more than ${pickleStackLimit} marks`);
    this.#marks.push(this.#values.length);
  }

  /** Removes the last mark and what lies above it. */
  popToMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw unsafe("takes values up to a mark that was never set");
    return this.#values.splice(mark);
  }

  /** POP removes a mark when nothing lies above it. */
  popValueOrMark(): void {
    if (this.#marks.length > 0 && this.#marks.at(-1) === this.#values.length) this.#marks.pop();
    else this.pop();
  }

  /** The value that was put under this number, if any was. */
  get(index: number): PickleValue | undefined {
    return this.#memo.get(index);
  }

  put(index: number): void {
    const value = this.top();
    this.#memo.put(index, value, this.#retain(value));
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  /** Makes sure that the names of an import can be taken from the memo again. */
  pin(names: readonly PickleValue[]): void {
    this.#memo.pin(names);
  }

  /** Puts items into a container, as long as there is room. */
  keep<T>(items: T[], added: readonly T[]): void {
    for (const item of added) {
      if (items.length >= this.#itemLimit) {
        this.elided = true;
        return;
      }
      if (this.#retain(Array.isArray(item) ? ((item as unknown[])[0] as PickleValue) : (item as PickleValue))) {
        items.push(item);
      } else this.elided = true;
    }
  }

  #retain(value: PickleValue): boolean {
    const cost = typeof value === "string" ? 32 + value.length : isObject(value) ? 64 : 16;
    if (this.#retained + cost > this.#retainedLimit) return false;
    this.#retained += cost;
    return true;
  }

  #need(count: number): void {
    if (this.#values.length - (this.#marks.at(-1) ?? 0) < count) throw unsafe("takes a value from an empty stack");
  }
}
