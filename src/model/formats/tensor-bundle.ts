import { tensorLimit } from "../limits.ts";
import { bytesReader, type RangeReader } from "../weights/range-reader.ts";
import { countElements, quote, unsafe } from "../weights/tensor.ts";
import type { DescribedTensor, WeightsDescription } from "./description.ts";
import { ProtoReader } from "./protobuf.ts";
import { readTable } from "./sstable.ts";

const dimensionLimit = 254;

/** `DataType` of TensorFlow by number, as safetensors spells it where it has the type. */
const dataTypes: Readonly<Record<number, string>> = {
  1: "F32",
  2: "F64",
  3: "I32",
  4: "U8",
  5: "I16",
  6: "I8",
  7: "STRING",
  8: "C64",
  9: "I64",
  10: "BOOL",
  14: "BF16",
  17: "U16",
  18: "C128",
  19: "F16",
  22: "U32",
  23: "U64",
  24: "F8_E5M2",
  25: "F8_E4M3",
};

/** Where the content of a variable is. */
export interface BundleEntry extends DescribedTensor {
  /** Number of the file `variables.data-0000N-of-0000M`. */
  readonly shard: number;
  readonly offset: number;
  readonly bytes: number;
}

/** What the index of a TensorFlow checkpoint says: `variables.index` of a SavedModel, `*.ckpt.index`. */
export interface BundleDescription extends WeightsDescription {
  readonly shards: number;
  readonly entries: readonly BundleEntry[];
}

/**
 * Describes the variables of a checkpoint by its index, a table of `BundleEntryProto`.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT`.
 * @see {@link https://github.com/tensorflow/tensorflow/blob/v2.20.0/tensorflow/core/protobuf/tensor_bundle.proto}
 */
export async function describeBundle(read: RangeReader): Promise<BundleDescription> {
  const entries: BundleEntry[] = [];
  let shards: number | undefined;
  for await (const [name, value] of readTable(read)) {
    if (name === "") {
      shards = 1;
      await new ProtoReader(bytesReader(value)).message((field) => {
        if (field.number === 1 && field.wire === "varint") shards = field.value;
      });
    } else if (entries.length >= tensorLimit) throw unsafe(`has more than ${tensorLimit} variables`);
    else entries.push(await readEntry(name, value));
  }
  if (shards === undefined) throw unsafe("is no index of variables: it has no header");
  // The graph of objects is a text among the variables, and what Keras exports has each variable twice.
  const tensors = entries.filter(({ dtype, name }) => dtype !== "STRING" && !name.startsWith("_all_variables/"));
  return { format: "tensorflow", tensors, metadata: { shards }, shards, entries };
}

async function readEntry(name: string, value: Buffer): Promise<BundleEntry> {
  let [type, shard, offset, bytes] = [0, 0, 0, 0];
  const shape: number[] = [];
  await new ProtoReader(bytesReader(value)).message(async (field, reader) => {
    if (field.number === 1) type = field.value;
    else if (field.number === 3) shard = field.value;
    else if (field.number === 4) offset = field.value;
    else if (field.number === 5) bytes = field.value;
    else if (field.number === 2 && field.wire === "bytes") {
      // TensorShapeProto.dim, and its size, which is absent for 0.
      await reader.message(async (dimension, inner) => {
        if (dimension.number !== 2 || dimension.wire !== "bytes") return;
        let size = 0;
        await inner.message((part) => {
          if (part.number === 1) size = part.value;
        });
        shape.push(size);
      });
    }
  });
  if (shape.length > dimensionLimit) throw unsafe(`variable ${quote(name)} has ${shape.length} dimensions`);
  if (!Number.isSafeInteger(offset + bytes)) throw unsafe(`variable ${quote(name)} lies where no file reaches`);
  const dtype = dataTypes[type] ?? `${type}`;
  return { name, dtype, shape, elements: countElements(shape, name), shard, offset, bytes };
}
