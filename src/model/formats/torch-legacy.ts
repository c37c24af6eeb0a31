import { countElements } from "../weights/tensor.ts";
import type { ByteCursor } from "./byte-cursor.ts";
import { itemsOf, type PickleValue } from "./pickle/value.ts";
import { torchStorage } from "./torch-types.ts";

/** The first of the five pickles of `torch.save` before 1.6. */
const magicNumber = 0x1950a86a20f9469cfc6cn;

export function isLegacyTorch(value: PickleValue): boolean {
  return value === magicNumber;
}

/**
 * The storages of a file of `torch.save` before 1.6: each is a count of eight bytes and as many elements, behind the
 * five pickles, in the order of the fifth.
 *
 * @see {@link https://github.com/pytorch/pytorch/blob/v2.8.0/torch/serialization.py} `_legacy_save`
 */
export class LegacyStorages {
  readonly #elementBytes = new Map<string, number>();

  /** Takes note of a persistent identifier. */
  add(id: PickleValue): void {
    const storage = torchStorage(id);
    if (storage) this.#elementBytes.set(storage.key, storage.type.bytes);
  }

  /** Moves over all storages. @returns what is wrong with them; undefined when they end with the content. */
  async skip(cursor: ByteCursor, keys: PickleValue | undefined): Promise<string | undefined> {
    for (const key of itemsOf(keys)) {
      const elementBytes = typeof key === "string" ? this.#elementBytes.get(key) : undefined;
      if (elementBytes === undefined) return "has a storage of unknown type behind its pickles";
      await cursor.fill(8);
      if (cursor.left < 8) return "ends before its last storage";
      const count = cursor.take(8).readBigInt64LE();
      if (count < 0n || count > BigInt(cursor.left)) return "has a storage that is longer than the file";
      cursor.position += countElements([Number(count), elementBytes], "of a storage");
      if (cursor.left < 0) return "ends before its last storage";
    }
    return cursor.left === 0 ? undefined : `${cursor.left} bytes behind its last storage belong to nothing`;
  }
}
