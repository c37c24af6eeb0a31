import { unsafe } from "../../weights/tensor.ts";
import type { Hdf5File } from "./file.ts";

/** What an object header says in one message: a type, a shape, a link, an attribute. */
export interface Hdf5Message {
  readonly type: number;
  /** Bit 1: the content is elsewhere, and `data` says where. */
  readonly flags: number;
  readonly data: Buffer;
}

/** Types of messages, as far as they are read. */
export const messageTypes = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** Messages of one object; a group of 10,000 members has as many. */
const messageLimit = 100_000;
const blockLimit = 1_000;

interface Block {
  readonly start: number;
  readonly length: number;
}

/**
 * Reads all messages of an object's header, continuations included.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT`.
 * @see {@link https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html} IV.A.1
 */
export async function readObjectHeader(file: Hdf5File, address: number): Promise<readonly Hdf5Message[]> {
  const head = await file.bytes(address, Math.min(64, file.left(address)), "an object header");
  const isNew = head.toString("latin1", 0, 4) === "OHDR";
  const messages: Hdf5Message[] = [];
  const { block, hasOrder } = isNew ? newBlock(head, address) : oldBlock(head, address);
  const blocks = [block];
  for (let at = 0; at < blocks.length; at++) {
    if (at > blockLimit) throw unsafe(`has an object header of more than ${blockLimit} blocks`);
    const { start, length } = blocks[at] as Block;
    const bytes = await file.bytes(start, length, "a block of an object header");
    const added = isNew ? newMessages(at === 0 ? bytes : continued(bytes), hasOrder) : oldMessages(bytes);
    for (const message of added) {
      if (messages.length >= messageLimit) throw unsafe(`has an object of more than ${messageLimit} messages`);
      if (message.type === messageTypes.continuation) blocks.push(continuation(file, message.data));
      else messages.push(message);
    }
  }
  return messages;
}

function oldBlock(head: Buffer, address: number) {
  if (head.length < 16 || head[0] !== 1) throw unsafe(`has no object header at byte ${address}`);
  return { block: { start: address + 16, length: head.readUInt32LE(8) }, hasOrder: false };
}

function newBlock(head: Buffer, address: number) {
  const flags = head[5] ?? 0;
  if (head[4] !== 2) throw unsafe(`has an object header of version ${head[4]}`);
  const at = 6 + ((flags & 0x20) === 0 ? 0 : 16) + ((flags & 0x10) === 0 ? 0 : 4);
  const width = 1 << (flags & 3);
  if (at + width > head.length) throw unsafe("has an object header that is cut off");
  const length = width === 8 ? Number(head.readBigUInt64LE(at)) : head.readUIntLE(at, width);
  return { block: { start: address + at + width, length }, hasOrder: (flags & 4) !== 0 };
}

/** Between its signature and its checksum. */
function continued(bytes: Buffer): Buffer {
  if (bytes.length < 8 || bytes.toString("latin1", 0, 4) !== "OCHK") throw unsafe("has a broken continuation");
  return bytes.subarray(4, -4);
}

function continuation(file: Hdf5File, data: Buffer): Block {
  const start = file.address(data, 0);
  const length = file.length(data, file.offsetBytes);
  if (start === undefined || length === undefined) throw unsafe("has a continuation that leads nowhere");
  return { start, length };
}

function* oldMessages(bytes: Buffer): Iterable<Hdf5Message> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt16LE(at + 2);
    if (end > bytes.length) throw unsafe("has a message that is longer than its object header");
    yield { type: bytes.readUInt16LE(at), flags: bytes[at + 4] ?? 0, data: bytes.subarray(at + 8, end) };
    at = end;
  }
}

/** What is left at the end is a gap, shorter than any message. */
function* newMessages(bytes: Buffer, hasOrder: boolean): Iterable<Hdf5Message> {
  const head = hasOrder ? 6 : 4;
  for (let at = 0; at + head <= bytes.length; ) {
    const end = at + head + bytes.readUInt16LE(at + 1);
    if (end > bytes.length) throw unsafe("has a message that is longer than its object header");
    yield { type: bytes[at] ?? 0, flags: bytes[at + 3] ?? 0, data: bytes.subarray(at + head, end) };
    at = end;
  }
}
