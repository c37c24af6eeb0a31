/** A dataset of an HDF5 file, without its elements. */
export interface Hdf5DatasetInput {
  readonly shape: readonly number[];
  /** Bytes of one float. Default 4. */
  readonly bytes?: number;
  /** Numbers of filters. */
  readonly filters?: readonly number[];
  /** Files that its elements are read from. */
  readonly external?: readonly string[];
  readonly isVirtual?: boolean;
}

export interface Hdf5Input {
  readonly datasets?: Readonly<Record<string, Hdf5DatasetInput>>;
  /** Attributes of the root group, as text of a fixed length. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Members of the root group that lead to other files, by the file's name. */
  readonly externalLinks?: Readonly<Record<string, string>>;
  readonly softLinks?: Readonly<Record<string, string>>;
  /** The root group is a member of itself. */
  readonly isCyclic?: boolean;
  /** Says that more members are in a heap. */
  readonly hasHeap?: boolean;
}

const none = Buffer.alloc(8, 0xff);
const raw = (text: string) => Buffer.from(text, "latin1");

function number(value: number, bytes: 2 | 4 | 8): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value));
  else buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);

/** What h5py writes by default: superblock 0, old object headers, groups with a tree and a heap of names. */
export function hdf5Of({
  datasets = {},
  attributes = {},
  externalLinks = {},
  softLinks = {},
  hasHeap,
  isCyclic,
}: Hdf5Input): Buffer {
  const parts: Buffer[] = [];
  // The superblock is written at the end, when the root is known.
  let position = 96;
  const put = (bytes: Buffer) => {
    const at = position;
    parts.push(padded(bytes));
    position += padded(bytes).length;
    return at;
  };
  const headers = Object.entries(datasets).map(
    ([name, input]) => [name, put(objectHeader(datasetMessages(input, put)))] as const,
  );
  const names: Buffer[] = [Buffer.alloc(8)];
  const nameAt = (name: string) => {
    const at = names.reduce((sum, { length }) => sum + length, 0);
    names.push(padded(raw(`${name}\0`)));
    return at;
  };
  const symbols = [
    ...headers.map(([name, at]) => Buffer.concat([number(nameAt(name), 8), number(at, 8), Buffer.alloc(24)])),
    ...Object.entries(softLinks).map(([name, target]) => {
      const scratch = Buffer.concat([number(nameAt(target), 4), Buffer.alloc(12)]);
      return Buffer.concat([number(nameAt(name), 8), none, number(2, 4), Buffer.alloc(4), scratch]);
    }),
  ];
  const heap = putHeap(names, put);
  const node = put(Buffer.concat([raw("SNOD\x01\0"), number(symbols.length, 2), ...symbols]));
  const tree = put(
    Buffer.concat([raw("TREE\0\0"), number(1, 2), none, none, number(0, 8), number(node, 8), number(8, 8)]),
  );
  const root = put(
    objectHeader([
      [0x11, Buffer.concat([number(tree, 8), number(heap, 8)])],
      ...(hasHeap ? ([[0x02, Buffer.concat([raw("\0\0"), number(96, 8), none])]] as const) : []),
      ...(isCyclic ? [[0x06, Buffer.concat([Buffer.from([1, 0, 2]), raw("me"), number(position, 8)])] as const] : []),
      ...Object.entries(externalLinks).map(([name, file]) => [0x06, externalLink(name, file)] as const),
      ...Object.entries(attributes).map(([name, value]) => [0x0c, attribute(name, value)] as const),
    ]),
  );
  const superblock = Buffer.concat([
    raw("\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0\0\0\0\0"),
    number(0, 8),
    none,
    number(position, 8),
    none,
    Buffer.concat([number(0, 8), number(root, 8), Buffer.alloc(24)]),
  ]);
  return Buffer.concat([superblock, ...parts]);
}

type Message = readonly [type: number, data: Buffer];
type Put = (bytes: Buffer) => number;

function putHeap(names: readonly Buffer[], put: Put): number {
  const data = Buffer.concat(names);
  const at = put(data);
  return put(Buffer.concat([raw("HEAP\0\0\0\0"), number(data.length, 8), none, number(at, 8)]));
}

function objectHeader(messages: readonly Message[]): Buffer {
  const written = messages.map(([type, data]) => {
    const body = padded(data);
    return Buffer.concat([number(type, 2), number(body.length, 2), Buffer.alloc(4), body]);
  });
  const body = Buffer.concat(written);
  return Buffer.concat([
    raw("\x01\0"),
    number(messages.length, 2),
    number(1, 4),
    number(body.length, 4),
    Buffer.alloc(4),
    body,
  ]);
}

function space(shape: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from([1, shape.length, 0, 0, 0, 0, 0, 0]), ...shape.map((length) => number(length, 8))]);
}

function datasetMessages(
  { shape, bytes = 4, filters = [], external = [], isVirtual }: Hdf5DatasetInput,
  put: Put,
): Message[] {
  const float = Buffer.concat([
    Buffer.from([0x11, 0x20, 0, 0]),
    number(bytes, 4),
    Buffer.from([0, 0, 32, 0, 23, bytes === 2 ? 5 : 8, 0, 23]),
    number(127, 4),
  ]);
  const pipeline = filters.map((id) => Buffer.concat([number(id, 2), Buffer.alloc(6)]));
  const layout = isVirtual
    ? Buffer.concat([Buffer.from([4, 3]), none, number(0, 4)])
    : Buffer.concat([Buffer.from([3, 1]), none, number(0, 8)]);
  return [
    [0x01, space(shape)],
    [0x03, float],
    [0x08, layout],
    ...(filters.length > 0
      ? [[0x0b, Buffer.concat([Buffer.from([1, filters.length]), Buffer.alloc(6), ...pipeline])] as const]
      : []),
    ...(external.length > 0 ? [[0x07, externalFiles(external, put)] as const] : []),
  ];
}

function externalFiles(files: readonly string[], put: Put): Buffer {
  const slots: Buffer[] = [];
  const names: Buffer[] = [];
  for (const file of files) {
    slots.push(
      number(
        names.reduce((sum, { length }) => sum + length, 0),
        8,
      ),
      number(0, 8),
      number(16, 8),
    );
    names.push(padded(raw(`${file}\0`)));
  }
  const heap = putHeap(names, put);
  return Buffer.concat([
    raw("\x01\0\0\0"),
    number(files.length, 2),
    number(files.length, 2),
    number(heap, 8),
    ...slots,
  ]);
}

function externalLink(name: string, file: string): Buffer {
  const value = raw(`\0${file}\0/x\0`);
  return Buffer.concat([Buffer.from([1, 8, 64, name.length]), raw(name), number(value.length, 2), value]);
}

function attribute(name: string, value: string): Buffer {
  const type = Buffer.concat([Buffer.from([0x13, 0, 0, 0]), number(value.length, 4)]);
  const parts = [raw(`${name}\0`), type, space([])];
  return Buffer.concat([
    raw("\x01\0"),
    ...parts.map(({ length }) => number(length, 2)),
    ...parts.map(padded),
    raw(value),
  ]);
}
