import { tensorLimit } from "../limits.ts";
import type { RangeReader } from "../weights/range-reader.ts";
import { countElements, quote, unsafe } from "../weights/tensor.ts";
import type { DescribedTensor, WeightsDescription } from "./description.ts";
import { FlatBuffer, type FlatTable } from "./flatbuffer.ts";

const textLimitBytes = 4096;
const dimensionLimit = 64;
const operatorLimit = 10_000;
const subgraphLimit = 10_000;

/** `TensorType` by number, as safetensors spells it where it has the type. */
const tensorTypes =
  "F32 F16 I32 U8 I64 STRING BOOL I16 C64 I8 F64 C128 U64 RESOURCE VARIANT U32 U16 I4 BF16 I2 U4".split(" ");

/** `BuiltinOperator_CUSTOM`: the operator is whatever the program has under its name. */
const customOperator = 32;

/** What a model of TensorFlow Lite says of itself. */
export interface TfliteDescription extends WeightsDescription {
  /** Operators that the program must bring along, by name. */
  readonly customOperators: readonly string[];
  /** Bytes behind the model; weights of more than 2 GiB lie there, and so do files that describe it. */
  readonly lastBuffer: number;
}

/**
 * Describes a model of TensorFlow Lite: its tensors that have content, and the operators that it needs.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT`.
 * @see {@link https://github.com/tensorflow/tensorflow/blob/v2.20.0/tensorflow/compiler/mlir/lite/schema/schema.fbs}
 */
export async function describeTflite(read: RangeReader): Promise<TfliteDescription> {
  const buffer = new FlatBuffer(read);
  const model = await buffer.root("TFL3");
  const version = await buffer.number(model, 0, "u32");
  if (version !== 3) throw unsafe(`is TensorFlow Lite of version ${version}, expected 3`);
  const { filled, lastBuffer } = await readBuffers(buffer, model);
  const operators = await readOperators(buffer, model);
  const tensors: DescribedTensor[] = [];
  let subgraphs = 0;
  for await (const subgraph of buffer.tables(model, 2)) {
    if (++subgraphs > subgraphLimit) throw unsafe(`has more than ${subgraphLimit} graphs`);
    await readTensors(buffer, { subgraph, filled }, tensors);
  }
  const description = await buffer.text(model, 3, textLimitBytes);
  return {
    format: "tflite",
    tensors,
    metadata: { subgraphs, operators: operators.count, ...(description ? { description } : {}) },
    customOperators: operators.custom,
    lastBuffer,
  };
}

/** Numbers of the buffers that have content: tensors without any are made when the model runs. */
async function readBuffers(buffer: FlatBuffer, model: FlatTable) {
  const filled = new Set<number>();
  let [index, lastBuffer] = [0, 0];
  for await (const table of buffer.tables(model, 4)) {
    if (index >= tensorLimit) throw unsafe(`has more than ${tensorLimit} buffers`);
    const data = await buffer.vector(table, 0, 1);
    const [offset, size] = [await buffer.number(table, 1, "u64"), await buffer.number(table, 2, "u64")];
    // Offsets of 0 and 1 stand for a buffer that lies within.
    if (offset > 1 && size > 0) {
      if (offset + size > buffer.size) throw unsafe(`has a buffer that ends at byte ${offset + size}, beyond its end`);
      lastBuffer = Math.max(lastBuffer, offset + size);
      filled.add(index);
    } else if ((data?.count ?? 0) > 0) filled.add(index);
    index++;
  }
  return { filled, lastBuffer };
}

async function readOperators(buffer: FlatBuffer, model: FlatTable) {
  const custom = new Set<string>();
  let count = 0;
  for await (const operator of buffer.tables(model, 1)) {
    if (++count > operatorLimit) throw unsafe(`needs more than ${operatorLimit} operators`);
    const old = await buffer.number(operator, 0, "i8");
    const code = Math.max(old, await buffer.number(operator, 3, "i32"));
    const name = await buffer.text(operator, 1, textLimitBytes);
    if (code === customOperator || name) custom.add(name ?? "");
  }
  return { custom: [...custom], count };
}

async function readTensors(
  buffer: FlatBuffer,
  { subgraph, filled }: { readonly subgraph: FlatTable; readonly filled: ReadonlySet<number> },
  tensors: DescribedTensor[],
): Promise<void> {
  let count = 0;
  for await (const table of buffer.tables(subgraph, 0)) {
    if (++count > tensorLimit || tensors.length >= tensorLimit) throw unsafe(`has more than ${tensorLimit} tensors`);
    if (!filled.has(await buffer.number(table, 2, "u32"))) continue;
    const name = (await buffer.text(table, 3, textLimitBytes)) ?? "";
    const shape = await buffer.numbers(table, 0, dimensionLimit);
    if (shape.some((dimension) => dimension < 0)) throw unsafe(`tensor ${quote(name)} has a dimension below zero`);
    const type = await buffer.number(table, 1, "i8");
    tensors.push({ name, dtype: tensorTypes[type] ?? `type ${type}`, shape, elements: countElements(shape, name) });
  }
}
