import type { RangeReader } from "../weights/range-reader.ts";
import { unsafe } from "../weights/tensor.ts";
import { type ProtoField, ProtoReader, type ProtoVisitor } from "./protobuf.ts";

const nameLimitBytes = 256;
const operationLimit = 10_000;

/** What a TensorFlow SavedModel computes with. */
export interface SavedModelDescription {
  /** Names of operations with how often each is used, in graphs and in functions. */
  readonly operations: ReadonlyMap<string, number>;
}

/**
 * Lists the operations of `saved_model.pb`: of its graphs and of the functions in their libraries.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT` when it is no `SavedModel`.
 * @see {@link https://github.com/tensorflow/tensorflow/blob/v2.20.0/tensorflow/core/protobuf/saved_model.proto}
 */
export async function describeSavedModel(read: RangeReader): Promise<SavedModelDescription> {
  const operations = new Map<string, number>();
  let metaGraphs = 0;
  const node: ProtoVisitor = async (field, reader) => {
    if (field.number !== 2) return;
    const name = await reader.text(field, nameLimitBytes);
    if (operations.size >= operationLimit && !operations.has(name)) throw unsafe("uses more than 10,000 operations");
    operations.set(name, (operations.get(name) ?? 0) + 1);
  };
  // FunctionDef.node_def, FunctionDefLibrary.function, GraphDef.{node, library}, MetaGraphDef.graph_def
  const definition = inside([3, node]);
  const library = inside([1, definition]);
  const graph = inside([1, node], [2, library]);
  const metaGraph = inside([2, graph]);
  await new ProtoReader(read).message(async (field, reader) => {
    if (field.number !== 2 || field.wire !== "bytes") return;
    metaGraphs++;
    await reader.message(metaGraph);
  });
  if (metaGraphs === 0) throw unsafe("is no SavedModel: it has no graph");
  return { operations };
}

/** Visits the messages in the fields of these numbers. */
function inside(...visitors: readonly (readonly [number: number, visit: ProtoVisitor])[]): ProtoVisitor {
  return async (field: ProtoField, reader) => {
    const visit = visitors.find(([number]) => number === field.number)?.[1];
    if (visit && field.wire === "bytes") await reader.message(visit);
  };
}
