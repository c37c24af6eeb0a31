import { unsafe } from "../../model/weights/tensor.ts";

/** What small archives may unfold to in any case. */
const freeBytes = 256 * 1024 * 1024;

/** How often a long file may be gone through: members within members, each read for its checksum and once more. */
const timesLimit = 12;

/**
 * Work that one file may cause, by its length: members that overlap, and archives within archives, would otherwise make
 * a few kilobytes take hours.
 */
export class WorkBudget {
  #left: number;

  /**
   * @param size - bytes of the file.
   * @param free - what it may unfold to whatever its length is.
   */
  constructor(size: number, free: number = freeBytes) {
    this.#left = free + timesLimit * size;
  }

  /** @throws {@link ModelError} `UNSAFE_FORMAT` when the file causes more work than its length explains. */
  spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw unsafe("unfolds to many times its length: an archive bomb");
  }
}
