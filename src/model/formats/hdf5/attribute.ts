import { countElements, unsafe } from "../../weights/tensor.ts";
import { parseDataspace, parseDatatype } from "./datatype.ts";
import type { Hdf5File } from "./file.ts";

/** An attribute of a group or dataset. */
export interface Hdf5Attribute {
  readonly name: string;
  /** Of text, and of bytes; undefined for numbers, and for what is longer than anything that decides. */
  readonly value: Buffer | undefined;
  /** There is text, and it is longer than what is read. */
  readonly isTooLong: boolean;
}

/**
 * Longest text of an attribute that is read; the configuration of a Keras model of a thousand layers has one megabyte.
 */
const textLimitBytes = 4 * 1024 * 1024;

/** Texts of one attribute that are read where each lies elsewhere. */
const textLimit = 64;

/** @see {@link https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html} IV.A.2.m */
export async function readAttribute(file: Hdf5File, data: Buffer): Promise<Hdf5Attribute> {
  if (data.length < 8) throw unsafe("has an attribute that is cut off");
  const [version = 0, flags = 0] = data;
  if (version < 1 || version > 3) throw unsafe(`has an attribute of version ${version}`);
  // Only the first version pads its parts to eight bytes.
  const padded = (length: number) => (version === 1 ? Math.ceil(length / 8) * 8 : length);
  const lengths = [data.readUInt16LE(2), data.readUInt16LE(4), data.readUInt16LE(6)];
  const parts: Buffer[] = [];
  let at = version === 3 ? 9 : 8;
  for (const length of lengths) {
    parts.push(data.subarray(at, at + length));
    at += padded(length);
  }
  if (at > data.length) throw unsafe("has an attribute that is cut off");
  const [rawName = Buffer.alloc(0), rawType = Buffer.alloc(0), rawShape = Buffer.alloc(0)] = parts;
  const name = rawName.toString("utf8").replace(/\0.*$/s, "");
  // Types that are kept elsewhere are those of enumerations that somebody has named.
  if (version > 1 && (flags & 3) !== 0) return { name, value: undefined, isTooLong: true };
  const type = parseDatatype(rawType);
  const count = countElements(parseDataspace(file, rawShape), name);
  const content = data.subarray(at);
  if (type.text === "variable") return { name, ...(await readTexts(file, content, count)) };
  const isBytes = type.text === "fixed" || type.dtype === "opaque" || type.dtype === "U8";
  return {
    name,
    value: isBytes ? content.subarray(0, countElements([type.bytes, count], name)) : undefined,
    isTooLong: false,
  };
}

/** Texts of any length lie in a heap: each is a length, the heap's place, and a number in it. */
async function readTexts(file: Hdf5File, content: Buffer, count: number): Promise<Omit<Hdf5Attribute, "name">> {
  const step = 8 + file.offsetBytes;
  const texts: Buffer[] = [];
  for (let at = 0; at < Math.min(count, textLimit); at++) {
    if ((at + 1) * step > content.length) throw unsafe("has an attribute that is cut off");
    const length = content.readUInt32LE(at * step);
    if (length > textLimitBytes) return { value: undefined, isTooLong: true };
    const heap = file.address(content, at * step + 4);
    if (heap === undefined || length === 0) continue;
    texts.push(
      (await heapObject(file, heap, content.readUInt32LE(at * step + 4 + file.offsetBytes))).subarray(0, length),
    );
  }
  return { value: Buffer.concat(texts), isTooLong: count > textLimit };
}

/** Objects of a global heap, one after the other. */
async function heapObject(file: Hdf5File, address: number, wanted: number): Promise<Buffer> {
  const headBytes = 8 + file.lengthBytes;
  const head = await file.bytes(address, headBytes, "a heap of texts");
  if (head.toString("latin1", 0, 4) !== "GCOL") throw unsafe(`has no heap of texts at byte ${address}`);
  const end = file.length(head, 8) ?? 0;
  for (let at = headBytes; at + headBytes <= end; ) {
    const object = await file.bytes(address + at, headBytes, "an object in a heap");
    const index = object.readUInt16LE(0);
    const length = file.length(object, 8) ?? 0;
    if (index === wanted) return file.bytes(address + at + headBytes, length, "a text in a heap");
    if (index === 0) break;
    at += headBytes + Math.ceil(length / 8) * 8;
  }
  throw unsafe(`has no object ${wanted} in the heap at byte ${address}`);
}
