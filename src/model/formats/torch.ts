import { tensorLimit } from "../limits.ts";
import type { RangeReader } from "../weights/range-reader.ts";
import { countElements, unsafe } from "../weights/tensor.ts";
import { ByteCursor } from "./byte-cursor.ts";
import type { DescribedTensor, WeightsDescription } from "./description.ts";
import { walkPickle } from "./pickle/machine.ts";
import { entriesOf, globalName, isObject, itemsOf, type PickleValue } from "./pickle/value.ts";
import { isLegacyTorch } from "./torch-legacy.ts";
import { torchStorage } from "./torch-types.ts";
import { readZipDirectory } from "./zip/directory.ts";
import { openZipMember, readZipLocal } from "./zip/member.ts";

/** Objects within objects of a checkpoint; optimizer states nest five deep. */
const depthLimit = 32;

const unwatched = { global: () => {}, oddity: () => {} };

/**
 * Describes the tensors of a file of `torch.save`, of the zip form or the one before, by following its pickle on a
 * stack of symbols. Nothing is imported, called or built.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT` when the archive or the pickle cannot be read.
 */
export async function describeTorch(read: RangeReader): Promise<WeightsDescription> {
  const head = Buffer.from(await read.read(0, Math.min(4, read.size)));
  const isZip = head.toString("latin1") === "PK\x03\x04";
  const value = isZip ? await readArchive(read) : await readPickles(read);
  return { format: "pt", tensors: collectTensors(value), metadata: {} };
}

async function readArchive(read: RangeReader): Promise<PickleValue> {
  const directory = await readZipDirectory(read);
  const entry = directory?.entries.find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (!entry) throw unsafe("is a zip archive without data.pkl, expected one of torch.save");
  const { content } = await openZipMember(read, entry, await readZipLocal(read, entry));
  return (await walkPickle(new ByteCursor(content), unwatched)).value;
}

/** The object is the fourth of five pickles, or the only one. */
async function readPickles(read: RangeReader): Promise<PickleValue> {
  const cursor = new ByteCursor(read, { blockBytes: 64 * 1024 });
  let { value } = await walkPickle(cursor, unwatched);
  if (!isLegacyTorch(value)) return value;
  for (let pickle = 2; pickle <= 4; pickle++) value = (await walkPickle(cursor, unwatched)).value;
  return value;
}

function collectTensors(root: PickleValue): readonly DescribedTensor[] {
  const tensors: DescribedTensor[] = [];
  let visits = 0;
  const visit = (value: PickleValue, name: string, depth: number): void => {
    // One dictionary can stand in a thousand places, and those in a thousand others.
    if (++visits > tensorLimit || depth > depthLimit) throw unsafe("holds more objects than a checkpoint has");
    const tensor = describeTensor(value, name);
    if (tensor) tensors.push(tensor);
    else {
      for (const [key, entry] of entriesOf(value)) visit(entry, join(name, key), depth + 1);
      for (const [at, item] of itemsOf(value).entries()) if (isObject(item)) visit(item, join(name, at), depth + 1);
      if (isObject(value) && value.kind === "made" && value.state !== undefined) visit(value.state, name, depth + 1);
    }
  };
  visit(root, "", 0);
  return tensors;
}

function join(name: string, key: PickleValue): string {
  const part = typeof key === "string" || typeof key === "number" ? String(key) : "?";
  return name === "" ? part : `${name}.${part}`;
}

/** Reads `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …)`, and parameters around it. */
function describeTensor(value: PickleValue, name: string): DescribedTensor | undefined {
  if (!isObject(value) || value.kind !== "made") return undefined;
  const args = itemsOf(value.args);
  switch (globalName(value.callee) ?? "") {
    case "torch._utils._rebuild_parameter":
    case "torch._utils._rebuild_parameter_with_state":
      return args[0] === undefined ? undefined : describeTensor(args[0], name);
    case "torch._tensor._rebuild_from_type_v2": {
      const [callee = null, , inner = null] = args;
      return describeTensor({ kind: "made", callee, args: inner, entries: [] }, name);
    }
    case "torch._utils._rebuild_tensor":
    case "torch._utils._rebuild_tensor_v2":
    case "torch._utils._rebuild_tensor_v3":
    case "torch._utils._rebuild_qtensor": {
      const [persistent, , size] = args;
      const storage =
        isObject(persistent) && persistent.kind === "persistent" ? torchStorage(persistent.id) : undefined;
      const shape = itemsOf(size).filter((dimension) => typeof dimension === "number");
      if (!storage || shape.length !== itemsOf(size).length) return undefined;
      return { name, dtype: storage.type.dtype, shape, elements: countElements(shape, name) };
    }
    default:
      return undefined;
  }
}
