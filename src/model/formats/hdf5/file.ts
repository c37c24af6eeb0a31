import type { RangeReader } from "../../weights/range-reader.ts";
import { unsafe } from "../../weights/tensor.ts";
import { PagedReader } from "../paged-reader.ts";

const signature = Buffer.from("\x89HDF\r\n\x1a\n", "latin1");

/** Bytes in front of HDF5 that another program may use; the format doubles the place until it finds itself. */
const lastSuperblock = 1024 * 1024;

/** Structures that are read of one file. The largest published `.h5` have some ten thousand objects. */
const structureLimit = 1_000_000;

/**
 * An HDF5 file as its superblock describes it: how wide numbers are, and where the root group is.
 *
 * @see {@link https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html} II.A
 */
export class Hdf5File {
  readonly #pages: PagedReader;
  /** Bytes of a place and of a length: 2, 4 or 8. */
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** Where place 0 is. */
  readonly base: number;
  readonly root: number;
  /** Where the superblock is: bytes before it belong to another format. */
  readonly start: number;
  #structures = 0;

  private constructor(
    pages: PagedReader,
    facts: Pick<Hdf5File, "offsetBytes" | "lengthBytes" | "base" | "root" | "start">,
  ) {
    this.#pages = pages;
    this.offsetBytes = facts.offsetBytes;
    this.lengthBytes = facts.lengthBytes;
    this.base = facts.base;
    this.root = facts.root;
    this.start = facts.start;
  }

  /** @throws {@link ModelError} `UNSAFE_FORMAT` when there is no superblock, or one of an unknown version. */
  static async open(read: RangeReader): Promise<Hdf5File> {
    const pages = new PagedReader(read);
    const start = await findSuperblock(pages);
    const block = await pages.bytes(start, Math.min(128, pages.size - start), "superblock");
    const version = block[8] ?? 255;
    if (version > 3) throw unsafe(`is HDF5 with a superblock of version ${version}, expected 0 to 3`);
    const isOld = version < 2;
    const [offsetBytes, lengthBytes] = isOld ? [block[13] ?? 0, block[14] ?? 0] : [block[9] ?? 0, block[10] ?? 0];
    if (![2, 4, 8].includes(offsetBytes) || ![2, 4, 8].includes(lengthBytes)) {
      throw unsafe(`is HDF5 with places of ${offsetBytes} and lengths of ${lengthBytes} bytes`);
    }
    const at = isOld ? (version === 0 ? 24 : 28) : 12;
    const base = readNumber(block, at, offsetBytes);
    // Four places, then the entry of the root group, whose second place is its header; or three, then the header's.
    const root = readNumber(block, at + offsetBytes * (isOld ? 5 : 3), offsetBytes);
    if (base === undefined || root === undefined) throw unsafe("is HDF5 without a root group");
    return new Hdf5File(pages, { offsetBytes, lengthBytes, base, root, start });
  }

  /** The bytes of a structure. @param address - counted from {@link base}. */
  bytes(address: number, length: number, what: string): Promise<Buffer> {
    if (++this.#structures > structureLimit) throw unsafe(`has more than ${structureLimit} structures`);
    return this.#pages.bytes(this.base + address, length, what);
  }

  /** Bytes from a place to the end of the file. */
  left(address: number): number {
    return Math.max(0, this.#pages.size - this.base - address);
  }

  /** The place at `at` in some bytes; undefined for the place that is none, all bits of which are set. */
  address(bytes: Buffer, at: number): number | undefined {
    return readNumber(bytes, at, this.offsetBytes);
  }

  /** The length at `at` in some bytes; one of all bits set is undefined, too. */
  length(bytes: Buffer, at: number): number | undefined {
    return readNumber(bytes, at, this.lengthBytes);
  }
}

async function findSuperblock(pages: PagedReader): Promise<number> {
  for (let at = 0; at <= lastSuperblock && at + 96 <= pages.size; at = at === 0 ? 512 : at * 2) {
    if ((await pages.bytes(at, 8, "signature")).equals(signature)) return at;
  }
  throw unsafe("is no HDF5: its signature is not where it may be");
}

/** @throws {@link ModelError} `UNSAFE_FORMAT` when the bytes end before the number, or no file has such a place. */
function readNumber(bytes: Buffer, at: number, width: number): number | undefined {
  if (at + width > bytes.length) throw unsafe("HDF5 structure ends too early");
  if (width < 8) {
    const value = bytes.readUIntLE(at, width);
    return value === 2 ** (8 * width) - 1 ? undefined : value;
  }
  const value = bytes.readBigUInt64LE(at);
  if (value === 0xffff_ffff_ffff_ffffn) return undefined;
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw unsafe(`HDF5 structure names byte ${value}, which no file has`);
  return Number(value);
}
