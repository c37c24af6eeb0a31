import { ModelError } from "../../errors.ts";
import { unsafe } from "../../weights/tensor.ts";
import { readDense } from "./dense.ts";
import type { Hdf5File } from "./file.ts";
import { type Hdf5Message, messageTypes } from "./object-header.ts";

/** A member of a group. */
export type Hdf5Link =
  | { readonly name: string; readonly kind: "hard"; readonly address: number }
  | { readonly name: string; readonly kind: "soft" | "external" | "user"; readonly target: string };

/** Members of one group. */
const linkLimit = 200_000;

/** Levels of a tree; one of 200,000 members has 4. */
const treeDepthLimit = 16;

const nameLimitBytes = 4096;

/** Members of a group, and why some of them could not be read. */
export interface Hdf5Members {
  readonly links: readonly Hdf5Link[];
  readonly problem?: string;
}

/**
 * Lists the members of a group: those in its messages, those in a heap of the newer form, or those in the tree and heap
 * of the older form.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT`.
 */
export async function readMembers(file: Hdf5File, messages: readonly Hdf5Message[]): Promise<Hdf5Members> {
  const links: Hdf5Link[] = [];
  let problem: string | undefined;
  for (const { type, data } of messages) {
    if (type === messageTypes.link) links.push(parseLink(file, data));
    else if (type === messageTypes.symbolTable) await readSymbolTable(file, data, links);
    // Groups of many members keep them in a heap of their own, when a program asked for the newer form.
    else if (type === messageTypes.linkInfo) {
      try {
        for (const link of await readHeapOf(file, data)) links.push(parseLink(file, link));
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        problem = error.message;
      }
    }
  }
  return { links, ...(problem === undefined ? {} : { problem }) };
}

/**
 * The messages that an object keeps in a heap, where a message about links or attributes says so; none otherwise.
 *
 * @param orderBytes - of the number that counts them, which differs between links and attributes.
 */
export async function readHeapOf(file: Hdf5File, data: Buffer, orderBytes = 8): Promise<readonly Buffer[]> {
  const at = 2 + (((data[1] ?? 0) & 1) === 0 ? 0 : orderBytes);
  const heap = file.address(data, at);
  const names = file.address(data, at + file.offsetBytes);
  if (heap === undefined) return [];
  if (names === undefined) throw unsafe("has a heap of members without their names");
  return readDense(file, heap, names);
}

function parseLink(file: Hdf5File, data: Buffer): Hdf5Link {
  const [version, flags = 0] = data;
  if (version !== 1) throw unsafe(`has a link of version ${version}`);
  let at = 2;
  const kind = (flags & 8) === 0 ? 0 : (data[at++] ?? 0);
  at += ((flags & 4) === 0 ? 0 : 8) + ((flags & 0x10) === 0 ? 0 : 1);
  const width = 1 << (flags & 3);
  if (at + width > data.length) throw unsafe("has a link that is cut off");
  const length = width === 8 ? Number(data.readBigUInt64LE(at)) : data.readUIntLE(at, width);
  const end = at + width + length;
  if (end + 2 > data.length) throw unsafe("has a link that is cut off");
  const name = data.toString("utf8", at + width, end);
  if (kind === 0) {
    const address = file.address(data, end);
    if (address === undefined) throw unsafe("has a link that leads nowhere");
    return { name, kind: "hard", address };
  }
  const value = data.subarray(end + 2, end + 2 + data.readUInt16LE(end));
  if (kind === 1) return { name, kind: "soft", target: value.toString("utf8") };
  // A byte of version and flags, a file's name, and the path within it.
  if (kind === 64) return { name, kind: "external", target: terminated(value, 1) };
  return { name, kind: "user", target: `type ${kind}` };
}

async function readSymbolTable(file: Hdf5File, data: Buffer, links: Hdf5Link[]): Promise<void> {
  const [tree, heap] = [file.address(data, 0), file.address(data, file.offsetBytes)];
  if (tree === undefined || heap === undefined) return;
  const names = await readLocalHeap(file, heap);
  const visit = async (address: number, depth: number): Promise<void> => {
    if (depth > treeDepthLimit) throw unsafe(`has a tree of more than ${treeDepthLimit} levels`);
    const head = await file.bytes(address, 8, "a node of a tree");
    if (head.toString("latin1", 0, 4) === "SNOD") {
      await readSymbols(file, { address, count: head.readUInt16LE(6), names }, links);
      return;
    }
    if (head.toString("latin1", 0, 4) !== "TREE" || head[4] !== 0) throw unsafe(`has no tree at byte ${address}`);
    const step = file.lengthBytes + file.offsetBytes;
    const count = head.readUInt16LE(6);
    const start = 8 + 2 * file.offsetBytes + file.lengthBytes;
    const node = await file.bytes(address, start + count * step, "a node of a tree");
    for (let at = 0; at < count; at++) {
      const child = file.address(node, start + at * step);
      if (child !== undefined) await visit(child, depth + 1);
    }
  };
  await visit(tree, 1);
}

interface SymbolNode {
  readonly address: number;
  readonly count: number;
  readonly names: Buffer;
}

/** Entries have a name, a header, and a scratch space that holds a soft link's target. */
async function readSymbols(file: Hdf5File, { address, count, names }: SymbolNode, links: Hdf5Link[]): Promise<void> {
  const step = 2 * file.offsetBytes + 24;
  const node = await file.bytes(address, 8 + count * step, "a node of symbols");
  for (let at = 8; at < node.length; at += step) {
    const name = terminated(names, file.address(node, at) ?? names.length);
    const cache = node.readUInt32LE(at + 2 * file.offsetBytes);
    const header = file.address(node, at + file.offsetBytes);
    if (links.length >= linkLimit) throw unsafe(`has a group of more than ${linkLimit} members`);
    if (cache === 2) {
      links.push({ name, kind: "soft", target: terminated(names, node.readUInt32LE(at + 2 * file.offsetBytes + 8)) });
    } else if (header !== undefined) links.push({ name, kind: "hard", address: header });
  }
}

async function readLocalHeap(file: Hdf5File, address: number): Promise<Buffer> {
  const head = await file.bytes(address, 8 + 2 * file.lengthBytes + file.offsetBytes, "a heap of names");
  if (head.toString("latin1", 0, 4) !== "HEAP") throw unsafe(`has no heap of names at byte ${address}`);
  const start = file.address(head, 8 + 2 * file.lengthBytes);
  return start === undefined ? Buffer.alloc(0) : file.bytes(start, file.length(head, 8) ?? 0, "a heap of names");
}

/** The text from a place to the next NUL. */
export function terminated(bytes: Buffer, start: number): string {
  const rest = bytes.subarray(start, start + nameLimitBytes);
  const end = rest.indexOf(0);
  return rest.toString("utf8", 0, end < 0 ? rest.length : end);
}
