import type { RangeReader } from "../weights/range-reader.ts";
import { countElements, unsafe } from "../weights/tensor.ts";

/** The header of a NumPy array file. */
export interface NpyHeader {
  /** As NumPy spells it: `<f4`. `object` when the elements are pickled; `structure` for records. */
  readonly descr: string;
  readonly shape: readonly number[];
  readonly dataStart: number;
  /** Length of the elements; undefined when they are pickled. */
  readonly dataBytes: number | undefined;
}

const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]);

/** NumPy refuses headers of more than 10,000 bytes unless told otherwise; records of many fields have some thousand. */
const headerLimitBytes = 64 * 1024;

/**
 * The header as NumPy writes it. It reads any Python literal there, but one with escapes, comments or strings in pieces
 * is made to be misread.
 */
const headerPattern =
  /^\{'descr': (?:'([^'\\\n]+)'|(\[[^\\\n]*\])), 'fortran_order': (?:True|False), 'shape': \(([\d, ]*)\),? ?\} *\n?$/;
const scalarPattern = /^[<>|=]?([?bBiufcmMSUVO])(\d*)(?:\[\w+\])?$/;
const fieldPattern = /^\[(?:\('[^'\\]*', '[^'\\]*'(?:, \([\d, ]*\))?\)(?:, )?)*\]$/;

/** @throws {@link ModelError} `UNSAFE_FORMAT`. @see {@link https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html} */
export async function parseNpy(read: RangeReader): Promise<NpyHeader> {
  const head = Buffer.from(await read.read(0, Math.min(12, read.size)));
  if (head.length < 12 || !head.subarray(0, 6).equals(magic)) throw unsafe("does not start like a NumPy array");
  const version = head.readUInt8(6);
  if (version < 1 || version > 3) throw unsafe(`is a NumPy array of version ${version}, expected 1 to 3`);
  const [textStart, length] = version === 1 ? [10, head.readUInt16LE(8)] : [12, head.readUInt32LE(8)];
  if (length > headerLimitBytes || textStart + length > read.size) throw unsafe(`NumPy header claims ${length} bytes`);
  const text = Buffer.from(await read.read(textStart, length)).toString("latin1");
  const match = headerPattern.exec(text);
  if (!match) throw unsafe("NumPy header is not written as NumPy does");
  const [, scalar, fields, dimensions = ""] = match;
  const dataStart = textStart + length;
  const shape = dimensions.split(",").flatMap((part) => (part.trim() === "" ? [] : [Number(part)]));
  if (scalar !== undefined) {
    const itemBytes = scalarBytes(scalar);
    if (itemBytes === undefined) return { descr: "object", shape, dataStart, dataBytes: undefined };
    return { descr: scalar, shape, dataStart, dataBytes: countElements([...shape, itemBytes], "of the array") };
  }
  const itemBytes = recordBytes(fields ?? "");
  if (itemBytes === undefined) return { descr: "object", shape, dataStart, dataBytes: undefined };
  return { descr: "structure", shape, dataStart, dataBytes: countElements([...shape, itemBytes], "of the array") };
}

/** @returns undefined for objects. */
function scalarBytes(descr: string): number | undefined {
  const match = scalarPattern.exec(descr);
  if (!match) throw unsafe(`NumPy header has the unknown type ${JSON.stringify(descr.slice(0, 50))}`);
  const [, kind, digits] = match;
  if (kind === "O") return undefined;
  if (kind === "?" || kind === "b" || kind === "B") return digits ? Number(digits) : 1;
  return (digits ? Number(digits) : 0) * (kind === "U" ? 4 : 1);
}

/** @returns undefined when any field holds objects. */
function recordBytes(fields: string): number | undefined {
  if (!fieldPattern.test(fields)) throw unsafe("NumPy header describes records in a way that is not read");
  let total = 0;
  for (const [, descr = "", dimensions = ""] of fields.matchAll(/\('[^']*', '([^']*)'(?:, \(([\d, ]*)\))?\)/g)) {
    const bytes = scalarBytes(descr);
    if (bytes === undefined) return undefined;
    const shape = dimensions.split(",").flatMap((part) => (part.trim() === "" ? [] : [Number(part)]));
    total += countElements([...shape, bytes], "of a field");
  }
  return total;
}
