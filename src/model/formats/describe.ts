import type { RangeReader } from "../range-reader.ts";
import { countElements } from "../tensor.ts";
import type { DescribedTensor, WeightsDescription } from "./description.ts";
import { parseNpy } from "./npy.ts";
import { describeOnnx } from "./onnx.ts";
import { describeTorch } from "./torch.ts";
import { readZipDirectory } from "./zip/directory.ts";
import { openZipMember, readZipLocal } from "./zip/member.ts";

type Describe = (read: RangeReader) => Promise<WeightsDescription>;

const describers: Readonly<Record<string, Describe>> = {
  ".bin": describeTorch,
  ".pt": describeTorch,
  ".pth": describeTorch,
  ".ckpt": describeTorch,
  ".onnx": describeOnnx,
  ".npy": async (read) => ({ format: "numpy", tensors: [await describeArray(read, "")], metadata: {} }),
  ".npz": describeArrays,
};

/** NumPy's types of one element, as safetensors spells them. */
const arrayTypes: Readonly<Record<string, string>> = {
  f2: "F16",
  f4: "F32",
  f8: "F64",
  i1: "I8",
  i2: "I16",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  u2: "U16",
  u4: "U32",
  u8: "U64",
  b1: "BOOL",
  c8: "C64",
};

/**
 * Says what weights are made of, for the formats that have no header which mreg checks at push. Nothing is loaded.
 *
 * @param path - chooses the reader by its extension.
 * @returns undefined for formats that mreg does not read.
 * @throws {@link ModelError} `UNSAFE_FORMAT` when the content is not what its name says.
 */
export async function describeWeights(read: RangeReader, path: string): Promise<WeightsDescription | undefined> {
  return describers[path.slice(path.lastIndexOf(".")).toLowerCase()]?.(read);
}

async function describeArray(read: RangeReader, name: string): Promise<DescribedTensor> {
  const { descr, shape } = await parseNpy(read);
  const dtype = arrayTypes[descr.replace(/^[<>|=]/, "")] ?? descr;
  return { name, dtype, shape, elements: countElements(shape, name) };
}

/** The arrays of a `.npz` by name. Only their headers are read of those that are not compressed. */
async function describeArrays(read: RangeReader): Promise<WeightsDescription> {
  const directory = await readZipDirectory(read);
  const tensors: DescribedTensor[] = [];
  for (const entry of directory?.entries ?? []) {
    if (!entry.name.endsWith(".npy")) continue;
    const local = await readZipLocal(read, entry);
    const { dataStart } = local;
    const stored = {
      size: entry.compressedBytes,
      read: (at: number, length: number) => read.read(dataStart + at, length),
    };
    const content = entry.method === 0 ? stored : (await openZipMember(read, entry, local)).content;
    tensors.push(await describeArray(content, entry.name.slice(0, -4)));
  }
  return { format: "numpy", tensors, metadata: {} };
}
