import { documentLimitBytes } from "../../base/limits.ts";
import type { RangeReader } from "../weights/range-reader.ts";
import { unsafe } from "../weights/tensor.ts";
import type { WeightsDescription } from "./description.ts";
import { describeHdf5 } from "./hdf5.ts";
import { readZipDirectory, type ZipEntry } from "./zip/directory.ts";
import { openZipMember, readZipLocal } from "./zip/member.ts";

/**
 * Describes an archive of Keras 3: the class of its model, and the weights in the HDF5 file within.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT`.
 * @see {@link https://keras.io/api/models/model_saving_apis/model_saving_and_loading/}
 */
export async function describeKeras(read: RangeReader): Promise<WeightsDescription> {
  const directory = await readZipDirectory(read);
  const find = (name: string) => directory?.entries.find((entry) => entry.name === name);
  const [config, weights] = [find("config.json"), find("model.weights.h5")];
  if (!config) throw unsafe("is no archive of Keras: it has no config.json");
  const architecture = /"class_name"\s{0,9}:\s{0,9}"(\w{1,100})"/.exec(await text(read, config))?.[1];
  const facts = architecture === undefined ? {} : { architecture };
  if (!weights) return { format: "keras", tensors: [], metadata: facts };
  const { content } = await openZipMember(read, weights, await readZipLocal(read, weights), false);
  const { tensors, metadata } = await describeHdf5(content);
  return { format: "keras", tensors, metadata: { ...metadata, ...facts } };
}

async function text(read: RangeReader, entry: ZipEntry): Promise<string> {
  const { content } = await openZipMember(read, entry, await readZipLocal(read, entry));
  return Buffer.from(await content.read(0, Math.min(content.size, documentLimitBytes))).toString("utf8");
}
