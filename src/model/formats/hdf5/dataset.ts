import { unsafe } from "../../weights/tensor.ts";
import { parseDataspace, parseDatatype } from "./datatype.ts";
import type { Hdf5File } from "./file.ts";
import { terminated } from "./group.ts";
import { type Hdf5Message, messageTypes, readObjectHeader } from "./object-header.ts";

/** An array of elements, and where they come from. */
export interface Hdf5Dataset {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Numbers of the filters that elements pass through; those of 256 and above are plugins. */
  readonly filters: readonly number[];
  /** Files that its elements are read from, instead of this one. */
  readonly externalFiles: readonly string[];
  /** Whether it is put together from datasets of other files. */
  readonly isVirtual: boolean;
}

const externalFileLimit = 1_000;

/** @returns undefined for an object that is no dataset. @throws {@link ModelError} `UNSAFE_FORMAT`. */
export async function readDataset(file: Hdf5File, messages: readonly Hdf5Message[]): Promise<Hdf5Dataset | undefined> {
  const find = (type: number) => messages.find((message) => message.type === type);
  const [type, space, layout] = [find(messageTypes.datatype), find(messageTypes.dataspace), find(messageTypes.layout)];
  if (!type || !space || !layout) return undefined;
  const { dtype } = parseDatatype(await resolveShared(file, type));
  const [version = 0, second = 0, third = 0] = layout.data;
  const filters = find(messageTypes.filters);
  const external = find(messageTypes.externalFiles);
  return {
    dtype,
    shape: parseDataspace(file, space.data),
    filters: filters ? parseFilters(filters.data) : [],
    externalFiles: external ? await readExternalFiles(file, external.data) : [],
    isVirtual: (version < 3 ? third : second) === 3,
  };
}

/** A type that several datasets share is the message of another object. */
async function resolveShared(file: Hdf5File, message: Hdf5Message): Promise<Buffer> {
  if ((message.flags & 2) === 0) return message.data;
  const [version, kind] = message.data;
  const address = file.address(message.data, version === 1 ? 8 : 2);
  if (address === undefined || (version === 3 && kind !== 2)) throw unsafe("has a type that is kept elsewhere");
  const found = (await readObjectHeader(file, address)).find(({ type }) => type === messageTypes.datatype);
  if (!found || (found.flags & 2) !== 0) throw unsafe("has a type that is nowhere");
  return found.data;
}

/** @see {@link https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html} IV.A.2.l */
function parseFilters(data: Buffer): readonly number[] {
  const [version, count = 0] = data;
  if (version !== 1 && version !== 2) throw unsafe(`has filters of version ${version}`);
  const filters: number[] = [];
  let at = version === 1 ? 8 : 2;
  for (let index = 0; index < count; index++) {
    if (at + 8 > data.length) throw unsafe("has filters that are cut off");
    const id = data.readUInt16LE(at);
    const isNamed = version === 1 || id >= 256;
    const nameBytes = isNamed ? data.readUInt16LE(at + 2) : 0;
    at += isNamed ? 6 : 4;
    if (at + 2 > data.length) throw unsafe("has filters that are cut off");
    const values = data.readUInt16LE(at);
    const padding = version === 1 && values % 2 === 1 ? 4 : 0;
    at += 2 + (version === 1 ? Math.ceil(nameBytes / 8) * 8 : nameBytes) + 4 * values + padding;
    filters.push(id);
  }
  return filters;
}

/** Names of files lie in a heap; each slot has a name, an offset and a length. */
async function readExternalFiles(file: Hdf5File, data: Buffer): Promise<readonly string[]> {
  if (data.length < 8) throw unsafe("has a list of files that is cut off");
  const count = data.readUInt16LE(6);
  if (count > externalFileLimit) throw unsafe(`has a dataset in more than ${externalFileLimit} files`);
  const heap = file.address(data, 8);
  if (heap === undefined) throw unsafe("has a list of files without their names");
  const head = await file.bytes(heap, 8 + 2 * file.lengthBytes + file.offsetBytes, "a heap of names");
  const start = file.address(head, 8 + 2 * file.lengthBytes);
  const names = await file.bytes(start ?? 0, file.length(head, 8) ?? 0, "a heap of names");
  const first = 8 + file.offsetBytes;
  return Array.from({ length: count }, (_, at) =>
    terminated(names, file.length(data, first + at * 3 * file.lengthBytes) ?? names.length),
  );
}
