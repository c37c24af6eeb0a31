import { ModelError } from "../../errors.ts";
import type { RangeReader } from "../../weights/range-reader.ts";
import { unsafe } from "../../weights/tensor.ts";
import { type Hdf5Attribute, readAttribute } from "./attribute.ts";
import { type Hdf5Dataset, readDataset } from "./dataset.ts";
import { Hdf5File } from "./file.ts";
import { type Hdf5Link, readHeapOf, readMembers } from "./group.ts";
import { type Hdf5Message, messageTypes, readObjectHeader } from "./object-header.ts";

/** Is told what a file holds, from its root on. Paths have no slash in front. */
export interface Hdf5Visitor {
  dataset?(path: string, dataset: Hdf5Dataset): void;
  attribute?(path: string, attribute: Hdf5Attribute): Promise<void> | void;
  /** A member that leads elsewhere. */
  link?(path: string, link: Exclude<Hdf5Link, { kind: "hard" }>): void;
  /** Something that is there, and was not read. */
  unread?(path: string, what: string): void;
}

const objectLimit = 200_000;
const depthLimit = 64;
const pathLimitCharacters = 4096;

/**
 * Walks through the objects of an HDF5 file: groups, datasets without their elements, attributes. No filter is applied,
 * no link to another file followed.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT` when the root group cannot be read, or a limit is reached; what is wrong
 * with other objects goes to `unread`.
 */
export async function walkHdf5(read: RangeReader, visitor: Hdf5Visitor): Promise<Hdf5File> {
  const file = await Hdf5File.open(read);
  const seen = new Set<number>();
  const visit = async (address: number, path: string, depth: number): Promise<void> => {
    // One object may be the member of several groups, and of itself.
    if (seen.has(address)) return;
    seen.add(address);
    if (seen.size > objectLimit) throw unsafe(`has more than ${objectLimit} objects`);
    if (depth > depthLimit || path.length > pathLimitCharacters) throw unsafe(`nests groups deeper than ${depthLimit}`);
    const messages = await readObjectHeader(file, address);
    await visitAttributes(file, { path, messages }, visitor);
    const dataset = await readDataset(file, messages);
    if (dataset) {
      visitor.dataset?.(path, dataset);
      return;
    }
    const { links, problem } = await readMembers(file, messages);
    if (problem !== undefined) visitor.unread?.(path, problem);
    for (const link of links) {
      const name = path === "" ? link.name : `${path}/${link.name}`;
      if (link.kind !== "hard") visitor.link?.(name, link);
      else await attempt(() => visit(link.address, name, depth + 1), name);
    }
  };
  const attempt = async (work: () => Promise<void>, path: string): Promise<void> => {
    try {
      await work();
    } catch (error) {
      // A limit that all share ends the walk.
      if (!(error instanceof ModelError) || seen.size > objectLimit) throw error;
      visitor.unread?.(path, error.message);
    }
  };
  await visit(file.root, "", 1);
  return file;
}

async function visitAttributes(
  file: Hdf5File,
  { path, messages }: { readonly path: string; readonly messages: readonly Hdf5Message[] },
  visitor: Hdf5Visitor,
): Promise<void> {
  for (const { type, flags, data } of messages) {
    if (type !== messageTypes.attribute && type !== messageTypes.attributeInfo) continue;
    if (type === messageTypes.attribute && (flags & 2) !== 0) {
      visitor.unread?.(path, "an attribute that is kept elsewhere");
      continue;
    }
    for (const bytes of type === messageTypes.attribute ? [data] : await readHeapOf(file, data, 2)) {
      const attribute = await readAttribute(file, bytes);
      if (attribute.isTooLong) visitor.unread?.(path, `attribute ${JSON.stringify(attribute.name.slice(0, 100))}`);
      await visitor.attribute?.(path, attribute);
    }
  }
}
