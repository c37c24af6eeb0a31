import type { RangeReader } from "../weights/range-reader.ts";
import { countElements } from "../weights/tensor.ts";
import { arrayType } from "./array-types.ts";
import type { DescribedTensor, WeightsDescription } from "./description.ts";
import { describeHdf5 } from "./hdf5.ts";
import { describeKeras } from "./keras.ts";
import { parseNpy } from "./npy.ts";
import { describeOnnx } from "./onnx.ts";
import { describePickle } from "./pickled.ts";
import { describeSavedModel } from "./saved-model.ts";
import { describeBundle } from "./tensor-bundle.ts";
import { describeTflite } from "./tflite.ts";
import { describeTorch } from "./torch.ts";
import { readZipDirectory } from "./zip/directory.ts";
import { openZipMember, readZipLocal } from "./zip/member.ts";

type Describe = (read: RangeReader) => Promise<WeightsDescription>;

const describers: readonly (readonly [name: RegExp, describe: Describe])[] = [
  [/\.(?:bin|pt|pth|ckpt)$/i, describeTorch],
  [/\.onnx$/i, describeOnnx],
  [/\.npy$/i, async (read) => ({ format: "numpy", tensors: [await describeArray(read, "")], metadata: {} })],
  [/\.npz$/i, describeArrays],
  [/\.(?:h5|hdf5)$/i, describeHdf5],
  [/\.keras$/i, describeKeras],
  [/\.tflite$/i, describeTflite],
  [/(?:^|\/)saved_model\.pb$/i, describeGraphs],
  [/(?:^|\/)(?:variables|[^/]*ckpt[^/]*)\.index$/i, describeBundle],
  [/\.(?:pkl|pickle|joblib|dill|cloudpickle)$/i, describePickle],
];

/**
 * Says what weights are made of, for the formats that have no header which mreg checks at push. Nothing is loaded.
 *
 * @param path - chooses the reader by its extension.
 * @returns undefined for formats that mreg does not read.
 * @throws {@link ModelError} `UNSAFE_FORMAT` when the content is not what its name says.
 */
export async function describeWeights(read: RangeReader, path: string): Promise<WeightsDescription | undefined> {
  return describers.find(([name]) => name.test(path))?.[1](read);
}

async function describeArray(read: RangeReader, name: string): Promise<DescribedTensor> {
  const { descr, shape } = await parseNpy(read);
  return { name, dtype: arrayType(descr), shape, elements: countElements(shape, name) };
}

/** The variables of a SavedModel are in files of their own; its graphs tell what is computed. */
async function describeGraphs(read: RangeReader): Promise<WeightsDescription> {
  const { operations } = await describeSavedModel(read);
  return { format: "tensorflow", tensors: [], metadata: { operations: operations.size } };
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
