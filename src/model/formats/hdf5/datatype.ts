import { unsafe } from "../../weights/tensor.ts";
import type { Hdf5File } from "./file.ts";

/** A type of elements. */
export interface Hdf5Type {
  /** As safetensors spells it where it has the type, `STRING`, or the class in lower case. */
  readonly dtype: string;
  /** Length of one element in the file. */
  readonly bytes: number;
  readonly text?: "fixed" | "variable";
}

const classes = "integer float time string bitfield opaque compound reference enum variable array complex".split(" ");

/** @see {@link https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html} IV.A.2.d */
export function parseDatatype(data: Buffer): Hdf5Type {
  if (data.length < 8) throw unsafe("has a type that is cut off");
  const [first = 0, bits = 0] = data;
  const kind = first & 0x0f;
  const bytes = data.readUInt32LE(4);
  switch (kind) {
    case 0:
      return { dtype: `${(bits & 8) === 0 ? "U" : "I"}${bytes * 8}`, bytes };
    case 1:
      // What makes bfloat16 of two bytes is its exponent of eight bits.
      return { dtype: bytes === 2 && data[13] === 8 ? "BF16" : `F${bytes * 8}`, bytes };
    case 3:
      return { dtype: "STRING", bytes, text: "fixed" };
    case 8:
      return { dtype: bytes === 1 ? "BOOL" : "enum", bytes };
    case 9:
      return (bits & 0x0f) === 1 ? { dtype: "STRING", bytes, text: "variable" } : { dtype: "variable", bytes };
    default:
      return { dtype: classes[kind] ?? `class ${kind}`, bytes };
  }
}

/** The shape of a dataset or attribute, the slowest dimension first; one without elements is [0]. */
export function parseDataspace(file: Hdf5File, data: Buffer): readonly number[] {
  const [version, rank = 0, , type] = data;
  if (version !== 1 && version !== 2) throw unsafe(`has a shape of version ${version}`);
  if (version === 2 && type === 2) return [0];
  const start = version === 1 ? 8 : 4;
  return Array.from({ length: rank }, (_, at) => {
    const length = file.length(data, start + at * file.lengthBytes);
    if (length === undefined) throw unsafe("has a dimension without end");
    return length;
  });
}
