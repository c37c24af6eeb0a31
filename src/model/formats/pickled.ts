import { gunzipSync, inflateSync } from "node:zlib";
import { inflatedMemberLimitBytes, pickleJudgedLimit, tensorLimit } from "../limits.ts";
import { bytesReader, type RangeReader } from "../weights/range-reader.ts";
import { countElements, unsafe } from "../weights/tensor.ts";
import { arrayType } from "./array-types.ts";
import { ByteCursor } from "./byte-cursor.ts";
import type { DescribedTensor, WeightsDescription } from "./description.ts";
import { walkPickle } from "./pickle/machine.ts";
import { entryOf, globalName, isObject, itemsOf, type PickleValue } from "./pickle/value.ts";

/** Names that are shown; the scan judges all. */
const shownGlobals = 20;

/** Items of containers that are kept: the fields of an object, and none of its data. */
const itemLimit = 256;

const depthLimit = 16;
const visitLimit = 100_000;

/**
 * Describes what a pickle would make, of joblib's and cloudpickle's kind as well: its class, what it imports, and the
 * arrays of NumPy within as far as they were found. Nothing is imported, called or built.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT` when it cannot be followed to its end.
 */
export async function describePickle(read: RangeReader): Promise<WeightsDescription> {
  const globals = new Set<string>();
  const cursor = new ByteCursor(await inflated(read), { blockBytes: 64 * 1024 });
  const observer = {
    global: ({ module, name }: { readonly module: string; readonly name: string }) => {
      if (globals.size < 10_000) globals.add(`${module}.${name}`);
    },
    oddity: () => {},
  };
  const { value } = await walkPickle(cursor, observer, { itemLimit, retainedLimit: pickleJudgedLimit });
  const names = [...globals];
  const root = isObject(value) && value.kind === "made" ? (globalName(value.callee) ?? "") : "";
  // `copyreg._reconstructor(Class, object, None)` is how protocols 0 and 1 make instances.
  const [first] = isObject(value) && value.kind === "made" ? itemsOf(value.args) : [];
  const made = /^copy_?reg\._reconstructor$/.test(root) ? globalName(first) : root;
  const has = (module: string) => names.some((name) => name.startsWith(`${module}.`));
  return {
    format: has("joblib.numpy_pickle") ? "joblib" : has("cloudpickle") ? "cloudpickle" : "pickle",
    tensors: collectArrays(value),
    metadata: { ...(made ? { class: made } : {}), imports: shown(names) },
  };
}

function shown(names: readonly string[]): string {
  const more = names.length - shownGlobals;
  return [...names.slice(0, shownGlobals), ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}

/** joblib compresses whole pickles. */
async function inflated(read: RangeReader): Promise<RangeReader> {
  const [first, second] = await read.read(0, Math.min(2, read.size));
  const inflate = first === 0x1f && second === 0x8b ? gunzipSync : first === 0x78 ? inflateSync : undefined;
  if (!inflate) return read;
  if (read.size > inflatedMemberLimitBytes) throw unsafe(`is compressed, and longer than ${inflatedMemberLimitBytes}`);
  try {
    const bytes = await read.read(0, read.size);
    return bytesReader(inflate(bytes, { maxOutputLength: inflatedMemberLimitBytes }));
  } catch (cause) {
    throw unsafe(`does not inflate: ${(cause as Error).message}`, cause);
  }
}

function collectArrays(root: PickleValue): readonly DescribedTensor[] {
  const tensors: DescribedTensor[] = [];
  let visits = 0;
  const visit = (value: PickleValue | undefined, name: string, depth: number): void => {
    // One object can stand in a thousand places, and those in a thousand others.
    if (!isObject(value) || depth > depthLimit || ++visits > visitLimit || tensors.length >= tensorLimit) return;
    const array = describeArray(value, name);
    if (array) {
      tensors.push(array);
      return;
    }
    const inner = (key: PickleValue) => `${name}${name === "" ? "" : "."}${typeof key === "object" ? "?" : key}`;
    if ("items" in value) for (const [at, item] of value.items.entries()) visit(item, inner(at), depth + 1);
    if ("entries" in value) for (const [key, item] of value.entries) visit(item, inner(key), depth + 1);
    if (value.kind === "made") visit(value.state, name, depth + 1);
  };
  visit(root, "", 0);
  return tensors;
}

/** joblib's wrapper has the fields as attributes, and NumPy's arrays have them in the state that rebuilds them. */
function describeArray(value: PickleValue, name: string): DescribedTensor | undefined {
  if (!isObject(value) || value.kind !== "made") return undefined;
  const callee = globalName(value.callee) ?? "";
  const isWrapper = callee === "joblib.numpy_pickle.NumpyArrayWrapper";
  if (!isWrapper && !/^numpy\._?core\.multiarray\._reconstruct$/.test(callee)) return undefined;
  const [, stateShape, stateType] = itemsOf(value.state);
  const shape = itemsOf(isWrapper ? entryOf(value.state, "shape") : stateShape);
  const type = isWrapper ? entryOf(value.state, "dtype") : stateType;
  const [code] = isObject(type) && type.kind === "made" ? itemsOf(type.args) : [];
  const dimensions = shape.filter((dimension) => typeof dimension === "number");
  if (typeof code !== "string" || dimensions.length !== shape.length) return undefined;
  return { name, dtype: arrayType(code), shape: dimensions, elements: countElements(dimensions, name) };
}
