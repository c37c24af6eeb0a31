import { tensorLimit } from "../limits.ts";
import type { RangeReader } from "../weights/range-reader.ts";
import { countElements, unsafe } from "../weights/tensor.ts";
import type { DescribedTensor, WeightsDescription } from "./description.ts";
import { walkHdf5 } from "./hdf5/walk.ts";

/** Attributes of Keras that say what wrote a file. */
const shownAttributes = ["keras_version", "backend"];

const kerasFacts = /"class_name"\s{0,9}:\s{0,9}"(\w{1,100})"/;

/**
 * Describes the datasets of an HDF5 file, which are the tensors of a Keras model, without their elements.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT`.
 */
export async function describeHdf5(read: RangeReader): Promise<WeightsDescription> {
  const tensors: DescribedTensor[] = [];
  const metadata: Record<string, string | number> = {};
  let unread = 0;
  await walkHdf5(read, {
    dataset: (name, { dtype, shape }) => {
      if (tensors.length >= tensorLimit) throw unsafe(`has more than ${tensorLimit} tensors`);
      tensors.push({ name, dtype, shape, elements: countElements(shape, name) });
    },
    attribute: (path, { name, value }) => {
      if (path !== "" || value === undefined) return;
      const text = value.toString("utf8").replace(/\0+$/, "");
      if (shownAttributes.includes(name)) metadata[name] = text.slice(0, 100);
      const architecture = name === "model_config" ? kerasFacts.exec(text)?.[1] : undefined;
      if (architecture !== undefined) metadata["architecture"] = architecture;
    },
    unread: () => void unread++,
  });
  if (unread > 0) metadata["unread"] = unread;
  return { format: "keras", tensors, metadata };
}
