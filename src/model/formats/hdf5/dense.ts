import { unsafe } from "../../weights/tensor.ts";
import type { Hdf5File } from "./file.ts";

/** Which members of a record hold the identifier of an object in the heap, by the type of the tree. */
const identifiers: Readonly<Record<number, { readonly at: number; readonly bytes: number }>> = {
  // Links by name, and attributes by name.
  5: { at: 4, bytes: 7 },
  8: { at: 0, bytes: 8 },
};

const recordLimit = 200_000;
const treeDepthLimit = 16;
const rowLimit = 64;

/** Bytes that hold numbers up to a limit. */
const encodedBytes = (limit: number) => Math.floor(Math.log2(Math.max(limit, 1)) / 8) + 1;

/**
 * Reads the objects of a fractal heap in the order of the tree that names them: the links or attributes of an object
 * that has many.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT`, also for heaps that are compressed and for objects that are kept
 * elsewhere.
 * @see {@link https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html} III.A.2, III.G
 */
export async function readDense(file: Hdf5File, heap: number, tree: number): Promise<readonly Buffer[]> {
  const header = await readHeap(file, heap);
  const objects: Buffer[] = [];
  for (const identifier of await readRecords(file, tree)) {
    if (objects.length >= recordLimit) throw unsafe(`has an object of more than ${recordLimit} members`);
    objects.push(await readObject(file, header, identifier));
  }
  return objects;
}

interface Heap {
  readonly width: number;
  readonly startBytes: number;
  readonly directRows: number;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly root: number;
  /** Rows of the root block; 0 when it holds objects itself. */
  readonly rows: number;
}

async function readHeap(file: Hdf5File, address: number): Promise<Heap> {
  const { offsetBytes: o, lengthBytes: l } = file;
  const tail = 14 + 10 * l + 2 * o;
  const head = await file.bytes(address, tail + 8 + 2 * l + o + 2, "a heap");
  if (head.toString("latin1", 0, 4) !== "FRHP") throw unsafe(`has no heap at byte ${address}`);
  if (head.readUInt16LE(7) !== 0) throw unsafe("has a heap that is compressed");
  const [startBytes = 0, directBytes = 0] = [file.length(head, tail + 2), file.length(head, tail + 2 + l)];
  const bits = head.readUInt16LE(tail + 2 + 2 * l);
  const root = file.address(head, tail + 6 + 2 * l);
  const width = head.readUInt16LE(tail);
  if (root === undefined || startBytes < 1 || directBytes < startBytes || width < 1 || bits > 64) {
    throw unsafe(`has a broken heap at byte ${address}`);
  }
  const rows = head.readUInt16LE(tail + 6 + 2 * l + o);
  if (rows > rowLimit) throw unsafe(`has a heap of ${rows} rows`);
  return {
    width,
    startBytes,
    directRows: Math.round(Math.log2(directBytes) - Math.log2(startBytes)) + 2,
    offsetBytes: Math.ceil(bits / 8),
    sizeBytes: Math.min(Math.ceil(Math.log2(directBytes) / 8), encodedBytes(head.readUInt32LE(10))),
    root,
    rows,
  };
}

/** Offsets of objects count through all blocks, which double in size from row to row. */
async function readObject(file: Hdf5File, heap: Heap, identifier: Buffer): Promise<Buffer> {
  if (((identifier[0] ?? 0) & 0xf0) !== 0) throw unsafe("has a member that is kept elsewhere");
  if (1 + heap.offsetBytes + heap.sizeBytes > identifier.length || heap.offsetBytes > 6) {
    throw unsafe("has a heap whose identifiers are too short");
  }
  let offset = identifier.readUIntLE(1, heap.offsetBytes);
  const length = identifier.readUIntLE(1 + heap.offsetBytes, heap.sizeBytes);
  let [block, rows] = [heap.root, heap.rows];
  for (let depth = 0; rows > 0; depth++) {
    if (depth > treeDepthLimit) throw unsafe("has a heap of too many levels");
    const row = rowOf(heap, offset);
    if (row >= rows) throw unsafe("has a member beyond the end of its heap");
    const bytes = heap.startBytes * 2 ** Math.max(0, row - 1);
    const within = offset - (row === 0 ? 0 : heap.width * bytes);
    const entry = row * heap.width + Math.floor(within / bytes);
    const start = 5 + file.offsetBytes + heap.offsetBytes;
    const node = await file.bytes(block, start + (entry + 1) * file.offsetBytes, "a block of a heap");
    const next = file.address(node, start + entry * file.offsetBytes);
    if (node.toString("latin1", 0, 4) !== "FHIB" || next === undefined) throw unsafe("has a broken heap");
    offset = within % bytes;
    block = next;
    rows = row < heap.directRows ? 0 : Math.round(Math.log2(bytes) - Math.log2(heap.startBytes * heap.width)) + 1;
  }
  return file.bytes(block + offset, length, "a member in a heap");
}

function rowOf({ width, startBytes }: Heap, offset: number): number {
  const blocks = Math.floor(offset / (width * startBytes));
  return blocks === 0 ? 0 : Math.floor(Math.log2(blocks)) + 1;
}

/** The identifiers that the records of a tree hold. */
async function readRecords(file: Hdf5File, address: number): Promise<readonly Buffer[]> {
  const head = await file.bytes(address, 16 + file.offsetBytes + 2, "a tree");
  const place = identifiers[head[5] ?? 0];
  if (head.toString("latin1", 0, 4) !== "BTHD" || !place) throw unsafe(`has no tree of members at byte ${address}`);
  const [nodeBytes, recordBytes, depth] = [head.readUInt32LE(6), head.readUInt16LE(10), head.readUInt16LE(12)];
  const root = file.address(head, 16);
  if (root === undefined) return [];
  if (recordBytes < place.at + place.bytes || nodeBytes < 64 || depth > treeDepthLimit)
    throw unsafe("has a broken tree");
  const leafRecords = Math.floor((nodeBytes - 10) / recordBytes);
  const pointer = pointerBytes(file, { nodeBytes, recordBytes, leafRecords }, depth);
  const found: Buffer[] = [];
  const visit = async (at: number, records: number, level: number): Promise<void> => {
    if (found.length + records > recordLimit) throw unsafe(`has an object of more than ${recordLimit} members`);
    const children = level > 0 ? (records + 1) * (pointer[level] ?? 0) : 0;
    const node = await file.bytes(at, 6 + records * recordBytes + children, "a node of a tree");
    if (node.toString("latin1", 0, 4) !== (level > 0 ? "BTIN" : "BTLF")) throw unsafe("has a broken tree");
    for (let index = 0; index < records; index++) {
      const start = 6 + index * recordBytes + place.at;
      found.push(node.subarray(start, start + place.bytes));
    }
    for (let index = 0; level > 0 && index <= records; index++) {
      const start = 6 + records * recordBytes + index * (pointer[level] ?? 0);
      const child = file.address(node, start);
      const count = node.readUIntLE(start + file.offsetBytes, encodedBytes(leafRecords));
      if (child !== undefined) await visit(child, count, level - 1);
    }
  };
  await visit(root, head.readUInt16LE(16 + file.offsetBytes), depth);
  return found;
}

interface TreeShape {
  readonly nodeBytes: number;
  readonly recordBytes: number;
  readonly leafRecords: number;
}

/** Length of a pointer to a child, by the level of the node that has it: address, records, and all records below. */
function pointerBytes(file: Hdf5File, { nodeBytes, recordBytes, leafRecords }: TreeShape, depth: number): number[] {
  const lengths = [0];
  let [below, belowBytes] = [leafRecords, 0];
  for (let level = 1; level <= depth; level++) {
    const length = file.offsetBytes + encodedBytes(leafRecords) + belowBytes;
    lengths.push(length);
    const records = Math.floor((nodeBytes - 10 - length) / (recordBytes + length));
    below = (records + 1) * below + records;
    belowBytes = encodedBytes(below);
  }
  return lengths;
}
