import { message, varint } from "./protobuf.ts";

export interface BundleInput {
  /** Floats of four bytes by name, in the order of their names. */
  readonly variables: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly offset: number; readonly shard?: number }>
  >;
  readonly shards?: number;
}

/** `variables.index` of a SavedModel: one block of entries, an empty one, the index of blocks, a footer. */
export function bundleOf({ variables, shards = 1 }: BundleInput): Buffer {
  const entries: [string, Buffer][] = [
    [
      "",
      message([
        [1, shards],
        [3, [[1, 1]]],
      ]),
    ],
  ];
  for (const [name, { shape, offset, shard = 0 }] of Object.entries(variables)) {
    const bytes = shape.reduce((product, length) => product * length, 4);
    const dimensions = shape.map((length) => [2, [[1, length]]] as const);
    entries.push([
      name,
      message([
        [1, 1],
        [2, dimensions],
        [3, shard],
        [4, offset],
        [5, bytes],
      ]),
    ]);
  }
  const data = block(entries);
  const empty = block([]);
  const handle = (at: number, length: number) => Buffer.concat([varint(at), varint(length)]);
  const index = block([[entries.at(-1)![0], handle(0, data.length)]]);
  const sealed = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(5)]);
  const start = data.length + 5;
  const handles = Buffer.concat([handle(start, empty.length), handle(start + empty.length + 5, index.length)]);
  const footer = Buffer.concat([handles, Buffer.alloc(40 - handles.length), Buffer.from("57fb808b247547db", "hex")]);
  return Buffer.concat([sealed(data), sealed(empty), sealed(index), footer]);
}

/** Keys in full, and one restart point. */
function block(entries: readonly (readonly [string, Buffer])[]): Buffer {
  const written = entries.map(([key, value]) => {
    return Buffer.concat([varint(0), varint(key.length), varint(value.length), Buffer.from(key), value]);
  });
  return Buffer.concat([...written, Buffer.alloc(4), Buffer.from([1, 0, 0, 0])]);
}
