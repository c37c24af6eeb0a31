import { countElements, unsafe } from "../../weights/tensor.ts";
import type { ByteCursor } from "../byte-cursor.ts";
import { entriesOf, entryOf, globalName, isObject, itemsOf, type PickleValue } from "./value.ts";

const wrapper = "joblib.numpy_pickle.NumpyArrayWrapper";

/**
 * Steps over the bytes of an array that joblib writes into the middle of a pickle, behind the BUILD of its wrapper.
 *
 * @param built - what BUILD was applied to; anything but a wrapper is left alone.
 * @param walk - walks through the pickle that takes the place of the bytes when the elements are objects.
 * @throws {@link ModelError} `UNSAFE_FORMAT` when the wrapper does not tell how long the array is.
 * @see {@link https://github.com/joblib/joblib/blob/1.5.2/joblib/numpy_pickle.py}
 */
export async function skipJoblibArray(
  cursor: ByteCursor,
  built: PickleValue,
  walk: () => Promise<unknown>,
): Promise<void> {
  if (!isObject(built) || built.kind !== "made" || globalName(built.callee) !== wrapper) return;
  const itemBytes = elementBytes(entryOf(built.state, "dtype"));
  if (itemBytes === "object") {
    await walk();
    return;
  }
  const shape = itemsOf(entryOf(built.state, "shape"));
  if (itemBytes === undefined || !shape.every(isDimension)) throw unsafe("has a joblib array of unknown length");
  const bytes = countElements([...shape, itemBytes], "a joblib array");
  const alignment = entryOf(built.state, "numpy_array_alignment_bytes");
  if (alignment !== undefined && alignment !== null) {
    await cursor.fill(1);
    if (cursor.left < 1) throw unsafe("ends before the padding of a joblib array");
    const padding = cursor.take(1).readUInt8();
    cursor.position += padding;
  }
  if (bytes > cursor.left) throw unsafe(`has a joblib array of ${bytes} bytes, but ${cursor.left} are left`);
  cursor.position += bytes;
}

function isDimension(value: PickleValue): value is number {
  return typeof value === "number" && value >= 0;
}

/** Place of each field in the state of a dtype: `(3, '<', subdtype, names, fields, itemsize, alignment, flags)`. */
const fieldsPlace = 4;
const flagsPlace = 7;

/** NumPy's NPY_ITEM_HASOBJECT, which a pickle sets for a dtype as it likes. */
const hasObject = 1;

/**
 * Bytes of one element of `numpy.dtype('f8', …)`.
 *
 * @returns undefined for what is unusual, and when the flags of a dtype contradict its type: joblib goes by the flags,
 * and would unpickle what is stepped over here.
 */
function elementBytes(dtype: PickleValue | undefined, depth = 1): number | "object" | undefined {
  if (depth > 8 || !isObject(dtype) || dtype.kind !== "made" || globalName(dtype.callee) !== "numpy.dtype") {
    return undefined;
  }
  const [code] = itemsOf(dtype.args);
  const match = /^[<>|=]?([?bBiufcmMSUOV])(\d{0,9})$/.exec(typeof code === "string" ? code : "");
  if (!match) return undefined;
  const [, kind = "", digits = ""] = match;
  const state = itemsOf(dtype.state);
  const flags = state[flagsPlace] ?? 0;
  const isObjects = kind === "O" || (kind === "V" && !isPlainRecord(state[fieldsPlace], depth));
  if (typeof flags !== "number" || ((flags & hasObject) !== 0) !== isObjects) return undefined;
  if (isObjects) return "object";
  return (digits === "" ? 1 : Number(digits)) * (kind === "U" ? 4 : 1);
}

/** Tells whether all fields of a record are known, and none holds objects. */
function isPlainRecord(fields: PickleValue | undefined, depth: number): boolean {
  const entries = entriesOf(fields);
  return (
    entries.length > 0 && entries.every(([, field]) => typeof elementBytes(itemsOf(field)[0], depth + 1) === "number")
  );
}
