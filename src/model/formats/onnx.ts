import { tensorLimit } from "../limits.ts";
import type { RangeReader } from "../weights/range-reader.ts";
import { countElements, quote, unsafe } from "../weights/tensor.ts";
import type { DescribedTensor, WeightsDescription } from "./description.ts";
import { type ProtoField, ProtoReader } from "./protobuf.ts";

const textLimitBytes = 4096;
const dimensionLimit = 64;

/** `TensorProto.DataType` by number, as safetensors spells it where it has the type. */
const dataTypes: Readonly<Record<number, string>> = {
  1: "F32",
  2: "U8",
  3: "I8",
  4: "U16",
  5: "I16",
  6: "I32",
  7: "I64",
  8: "STRING",
  9: "BOOL",
  10: "F16",
  11: "F64",
  12: "U32",
  13: "U64",
  14: "C64",
  15: "C128",
  16: "BF16",
  17: "F8_E4M3",
  18: "F8_E4M3FNUZ",
  19: "F8_E5M2",
  20: "F8_E5M2FNUZ",
  21: "U4",
  22: "I4",
  23: "F4",
  24: "F8_E8M0",
};

/** What a model in ONNX says of itself. */
export interface OnnxDescription extends WeightsDescription {
  /** Files beside the model that its tensors are read from, each once. */
  readonly externalFiles: readonly string[];
  /** Where in them each tensor lies; without a length it goes to the end. */
  readonly external: readonly OnnxExternal[];
  /** Sets of operators that it needs, by domain; `ai.onnx` is the standard's own. */
  readonly domains: readonly string[];
}

/** A tensor's place in another file. */
export interface OnnxExternal {
  readonly location: string;
  readonly offset: number;
  readonly bytes?: number;
}

interface OnnxFacts {
  readonly tensors: DescribedTensor[];
  readonly externalFiles: Map<string, string>;
  readonly external: OnnxExternal[];
  readonly domains: Set<string>;
  readonly metadata: Record<string, string | number>;
}

/**
 * Walks through a model in ONNX, its graphs within graphs, functions and all tensors.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT` when it is no `ModelProto`, or claims what it does not have.
 * @see {@link https://github.com/onnx/onnx/blob/v1.19.0/onnx/onnx.proto}
 */
export async function describeOnnx(read: RangeReader): Promise<OnnxDescription> {
  const facts: OnnxFacts = { tensors: [], externalFiles: new Map(), external: [], domains: new Set(), metadata: {} };
  let graphs = 0;
  await new ProtoReader(read).message(async (field, reader) => {
    if (field.number === 1 && field.wire === "varint") facts.metadata["ir_version"] = field.value;
    if (field.wire !== "bytes") return;
    if (field.number === 2) facts.metadata["producer_name"] = await reader.text(field, textLimitBytes);
    else if (field.number === 3) facts.metadata["producer_version"] = await reader.text(field, textLimitBytes);
    else if (field.number === 7) {
      graphs++;
      await readGraph(reader, facts, true);
    } else if (field.number === 8) await readOperatorSet(reader, facts);
    // Training information and functions hold graphs and nodes.
    else if (field.number === 20) await readWithin(reader, facts, [1, 2]);
    else if (field.number === 25) await readFunction(reader, facts);
  });
  if (graphs === 0 || facts.metadata["ir_version"] === undefined) throw unsafe("is no model in ONNX: it has no graph");
  const { tensors, externalFiles, external, domains, metadata } = facts;
  const files = [...externalFiles.keys()];
  return { format: "onnx", tensors, metadata, externalFiles: files, external, domains: [...domains] };
}

async function readOperatorSet(reader: ProtoReader, { domains, metadata }: OnnxFacts): Promise<void> {
  let domain = "ai.onnx";
  let version = 0;
  await reader.message(async (field, inner) => {
    if (field.number === 1) domain = (await inner.text(field, textLimitBytes)) || domain;
    else if (field.number === 2) version = field.value;
  });
  if (domains.size > 1000) throw unsafe("needs more than 1000 sets of operators");
  domains.add(domain);
  if (domain === "ai.onnx") metadata["opset"] = version;
}

/** Initializers of the outermost graph are its parameters; those of others count for their files only. */
async function readGraph(reader: ProtoReader, facts: OnnxFacts, isOutermost: boolean): Promise<void> {
  await reader.message(async (field, inner) => {
    if (field.number === 1) await readNode(inner, facts);
    else if (field.number === 5) await readTensor(inner, facts, isOutermost);
    else if (field.number === 15) await readWithin(inner, facts, [], [1, 2]);
  });
}

async function readFunction(reader: ProtoReader, facts: OnnxFacts): Promise<void> {
  await reader.message(async (field, inner) => {
    if (field.number === 7) await readNode(inner, facts);
    else if (field.number === 11) await readAttribute(inner, facts);
  });
}

async function readNode(reader: ProtoReader, facts: OnnxFacts): Promise<void> {
  await reader.message(async (field, inner) => {
    if (field.number === 5) await readAttribute(inner, facts);
  });
}

/** An attribute may be a tensor, a graph, or several. */
async function readAttribute(reader: ProtoReader, facts: OnnxFacts): Promise<void> {
  await reader.message(async (field, inner) => {
    if (field.number === 5 || field.number === 10) await readTensor(inner, facts, false);
    else if (field.number === 6 || field.number === 11) await readGraph(inner, facts, false);
    else if (field.number === 22 || field.number === 23) await readWithin(inner, facts, [], [1, 2]);
  });
}

async function readWithin(
  reader: ProtoReader,
  facts: OnnxFacts,
  graphs: readonly number[],
  tensors: readonly number[] = [],
): Promise<void> {
  await reader.message(async (field, inner) => {
    if (graphs.includes(field.number)) await readGraph(inner, facts, false);
    else if (tensors.includes(field.number)) await readTensor(inner, facts, false);
  });
}

async function readTensor(reader: ProtoReader, facts: OnnxFacts, isParameter: boolean): Promise<void> {
  let [name, type] = ["", 0];
  const shape: number[] = [];
  const place = new Map<string, string>();
  await reader.message(async (field, inner) => {
    if (field.number === 1) shape.push(...(await dimensions(field, inner)));
    else if (field.number === 2) type = field.value;
    else if (field.number === 8) name = await inner.text(field, textLimitBytes);
    else if (field.number === 13) await readExternal(inner, place);
  });
  if (place.size > 0) addExternal(place, facts);
  if (shape.length > dimensionLimit) throw unsafe(`tensor ${quote(name)} has ${shape.length} dimensions`);
  if (!isParameter) return;
  if (facts.tensors.length >= tensorLimit) throw unsafe(`has more than ${tensorLimit} tensors`);
  facts.tensors.push({ name, dtype: dataTypes[type] ?? `${type}`, shape, elements: countElements(shape, name) });
}

async function dimensions(field: ProtoField, reader: ProtoReader): Promise<readonly number[]> {
  return field.wire === "bytes" ? reader.packed(dimensionLimit + 1) : [field.value];
}

/** A list of entries, in which `location`, `offset` and `length` count; of two, loaders take the last. */
async function readExternal(reader: ProtoReader, place: Map<string, string>): Promise<void> {
  let [key, value] = ["", ""];
  await reader.message(async (field, inner) => {
    if (field.number === 1) key = await inner.text(field, textLimitBytes);
    else if (field.number === 2) value = await inner.text(field, textLimitBytes);
  });
  if (key === "location" || key === "offset" || key === "length") place.set(key, value);
}

function addExternal(place: ReadonlyMap<string, string>, { externalFiles, external }: OnnxFacts): void {
  const location = place.get("location");
  if (location === undefined) return;
  if (externalFiles.size >= 10_000) throw unsafe("reads tensors from more than 10,000 files");
  if (external.length >= tensorLimit) throw unsafe(`has more than ${tensorLimit} tensors in other files`);
  const kept = externalFiles.get(location) ?? location;
  externalFiles.set(kept, kept);
  const [offset = 0, bytes] = [place.get("offset"), place.get("length")].map((text) => {
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text)) throw unsafe(`places a tensor at ${quote(text)}, expected a number of bytes`);
    return Number(text);
  });
  external.push({ location: kept, offset, ...(bytes === undefined ? {} : { bytes }) });
}
