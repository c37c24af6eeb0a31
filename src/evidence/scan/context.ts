import { unsafe } from "../../model/weights/tensor.ts";

/** A part of a file that another file says is a tensor. */
export interface ClaimedRegion {
  readonly offset: number;
  /** Absent: to the end. */
  readonly bytes?: number;
}

/** What a file says of another one beside it. */
export interface Claim {
  /** Path of the file that says so. */
  readonly by: string;
  readonly regions: ClaimedRegion[];
}

/** Regions kept of one file; the largest checkpoints have some hundred thousand variables. */
const regionLimit = 1_000_000;

/** What the files of one model have to do with one another, gathered while they are scanned. */
export class ScanContext {
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #claims = new Map<string, Claim>();
  #regions = 0;

  /** @param sizes - of all files of the model, by path. */
  constructor(sizes: ReadonlyMap<string, number> = new Map()) {
    this.#sizes = sizes;
  }

  /** Length of a file of the model; undefined when there is none under this path. */
  sizeOf(path: string): number | undefined {
    return this.#sizes.get(path);
  }

  /** Notes that a file holds tensors of another. */
  claim(path: string, by: string, region: ClaimedRegion): void {
    if (++this.#regions > regionLimit) throw unsafe(`names more than ${regionLimit} parts of other files`);
    const claim = this.#claims.get(path) ?? { by, regions: [] };
    this.#claims.set(path, claim);
    claim.regions.push(region);
  }

  claimOf(path: string): Claim | undefined {
    return this.#claims.get(path);
  }
}

/** How much of a file its claims leave unexplained. @returns bytes that belong to no tensor, and to two. */
export function coverage({ regions }: Claim, size: number): { readonly free: number; readonly shared: number } {
  let [position, free, shared] = [0, 0, 0];
  for (const { offset, bytes } of regions.toSorted((a, b) => a.offset - b.offset)) {
    const end = bytes === undefined ? size : offset + bytes;
    if (offset > position) free += offset - position;
    else shared += Math.min(position, end) - offset;
    position = Math.max(position, end);
  }
  return { free: free + Math.max(0, size - position), shared };
}
