/**
 * A table of FlatBuffers: numbers of four bytes, texts, bytes, tables and vectors of them by field; absent is
 * undefined.
 */
export type FlatValue = number | string | Buffer | FlatTableInput | readonly number[] | readonly FlatTableInput[];
export interface FlatTableInput {
  readonly fields: readonly (FlatValue | undefined)[];
}

const table = (...fields: (FlatValue | undefined)[]): FlatTableInput => ({ fields });

/** Writes a FlatBuffer front to back: what a table refers to lies behind it. */
export function flatBuffer(identifier: string, root: FlatTableInput): Buffer {
  const chunks: Buffer[] = [];
  let position = 0;
  const put = (bytes: Buffer) => {
    const at = position;
    chunks.push(bytes);
    position += bytes.length;
    return at;
  };
  const u32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value | 0);
    return bytes;
  };
  const pad = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  /** Places that wait for what they refer to. */
  const later: (() => void)[] = [];
  const writeTable = ({ fields }: FlatTableInput): number => {
    const layout = Buffer.alloc(4 + fields.length * 2);
    layout.writeUInt16LE(layout.length, 0);
    layout.writeUInt16LE(4 + fields.length * 4, 2);
    for (const [at, value] of fields.entries()) if (value !== undefined) layout.writeUInt16LE(4 + at * 4, 4 + at * 2);
    const layoutAt = put(pad(layout));
    const body = Buffer.alloc(4 + fields.length * 4);
    const tableAt = put(body);
    body.writeInt32LE(tableAt - layoutAt, 0);
    for (const [at, value] of fields.entries()) {
      const slot = 4 + at * 4;
      if (typeof value === "number") body.writeInt32LE(value | 0, slot);
      else if (value !== undefined) later.push(() => body.writeUInt32LE(writeValue(value) - tableAt - slot, slot));
    }
    return tableAt;
  };
  const writeValue = (value: Exclude<FlatValue, number>): number => {
    if (typeof value === "string") return put(pad(Buffer.concat([u32(value.length), Buffer.from(`${value}\0`)])));
    if (Buffer.isBuffer(value)) return put(pad(Buffer.concat([u32(value.length), value])));
    if ("fields" in value) return writeTable(value);
    const items = Buffer.alloc(4 + value.length * 4);
    items.writeUInt32LE(value.length, 0);
    const at = put(items);
    for (const [index, item] of value.entries()) {
      const slot = 4 + index * 4;
      if (typeof item === "number") items.writeInt32LE(item, slot);
      else later.push(() => items.writeUInt32LE(writeTable(item) - at - slot, slot));
    }
    return at;
  };
  const head = Buffer.alloc(8);
  head.write(identifier, 4, "latin1");
  put(head);
  head.writeUInt32LE(writeTable(root), 0);
  for (let work = later.shift(); work; work = later.shift()) work();
  return Buffer.concat(chunks);
}

export interface TfliteInput {
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[]; readonly data?: Buffer }[];
  readonly customOperators?: readonly string[];
}

/** A model of TensorFlow Lite with tensors of float32. */
export function tfliteOf({ tensors, customOperators = [] }: TfliteInput): Buffer {
  const operators = [table(0), ...customOperators.map((name) => table(32, name, 1, 32))];
  const subgraph = table(
    tensors.map(({ name, shape }, at) => table(shape, 0, at + 1, name)),
    [],
    [],
    [],
    "main",
  );
  const buffers = [table(), ...tensors.map(({ data }) => table(data))];
  return flatBuffer("TFL3", table(3, operators, [subgraph], "made for tests", buffers));
}
