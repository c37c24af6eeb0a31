import { pickleLineLimitBytes, pickleTextLimitBytes } from "../../limits.ts";
import { unsafe } from "../../weights/tensor.ts";
import type { ByteCursor } from "../byte-cursor.ts";
import { type Opcode, opcodes } from "./opcodes.ts";

/** One step of a pickle. */
export interface Operation {
  readonly opcode: Opcode;
  /** Where its first byte lies, from the start of the content. */
  readonly offset: number;
  /** Of numbers. */
  readonly value: number;
  /** Of lines. Absent when they are longer than anything that decides: they were stepped over. */
  readonly bytes?: Buffer;
  /** The second of two lines. */
  readonly second?: Buffer;
  /** Counted bytes, which begin at `start` in `source`; absent like `bytes`. Valid until the next operation is read. */
  readonly source?: Buffer;
  readonly start?: number;
  /** Length of counted bytes. */
  readonly length: number;
}

/** Longest head of an operation: its byte and a number of eight. */
const headBytes = 9;
const readyBytes = 2 * pickleTextLimitBytes + headBytes;

/** Reads the next operation, without waiting where it can. Declared lengths move the cursor, and never allocate. */
export function readOperation(cursor: ByteCursor): Operation | Promise<Operation> {
  if (!cursor.has(readyBytes)) return cursor.fill(readyBytes).then(() => readOperation(cursor));
  const offset = cursor.position;
  if (cursor.left < 1) throw unsafe(`ends at byte ${offset} without STOP: it is truncated`);
  const code = cursor.source[cursor.sourceStart] ?? 0;
  cursor.position++;
  const opcode = opcodes.get(code);
  if (!opcode) throw unsafe(`has 0x${code.toString(16).padStart(2, "0")} at byte ${offset}, which is no opcode`);
  const { argument } = opcode;
  switch (argument.form) {
    case "none":
      return { opcode, offset, value: 0, length: 0 };
    case "number":
      return { opcode, offset, value: readNumber(cursor, argument.bytes, argument.signed), length: 0 };
    case "counted": {
      const length = readNumber(cursor, argument.bytes, argument.signed);
      if (length < 0 || length > cursor.left) {
        throw unsafe(`${opcode.name} at byte ${offset} claims ${length} bytes, but ${cursor.left} are left`);
      }
      const { source, sourceStart: start } = cursor;
      cursor.position += length;
      // No view of the bytes is made: a vocabulary has millions of words.
      if (length <= pickleTextLimitBytes) return { opcode, offset, value: 0, source, start, length };
      return { opcode, offset, value: 0, length };
    }
    case "lines":
      return readLines(cursor, { opcode, offset, value: 0, length: 0 }, argument.lines);
  }
}

function readLines(cursor: ByteCursor, operation: Operation, lines: 1 | 2): Operation | Promise<Operation> {
  const first = readyLine(cursor);
  if (first && lines === 1) return { ...operation, bytes: first };
  const second = first && readyLine(cursor);
  if (first && second) return { ...operation, bytes: first, second };
  return readLongLines(cursor, { ...operation, ...(first ? { bytes: first } : {}) }, first ? 1 : lines);
}

/** @param lines - those that are still to be read. */
async function readLongLines(cursor: ByteCursor, operation: Operation, lines: 1 | 2): Promise<Operation> {
  const hasFirst = operation.bytes !== undefined;
  const one = await readLine(cursor);
  if (hasFirst) return { ...operation, ...(one ? { second: one } : {}) };
  const two = lines === 2 ? await readLine(cursor) : undefined;
  return { ...operation, ...(one ? { bytes: one } : {}), ...(two ? { second: two } : {}) };
}

/** A line that decides and needs no waiting. */
function readyLine(cursor: ByteCursor): Buffer | undefined {
  const ready = cursor.peek(pickleTextLimitBytes + 1);
  const end = ready.indexOf(0x0a);
  if (end < 0) return undefined;
  cursor.position += end + 1;
  return Buffer.from(ready.subarray(0, end));
}

function readNumber(cursor: ByteCursor, bytes: 1 | 2 | 4 | 8, signed: boolean): number {
  if (cursor.left < bytes) throw unsafe(`ends at byte ${cursor.end} within an argument: it is truncated`);
  const { source, sourceStart: at } = cursor;
  cursor.position += bytes;
  if (bytes === 8) return Number(source.readBigUInt64LE(at));
  return signed ? source.readIntLE(at, bytes) : source.readUIntLE(at, bytes);
}

/** @returns undefined for a line longer than any that decides. */
async function readLine(cursor: ByteCursor): Promise<Buffer | undefined> {
  if (!cursor.has(pickleTextLimitBytes)) await cursor.fill(pickleTextLimitBytes);
  const start = cursor.position;
  for (let first = true; ; first = false) {
    const ready = cursor.peek(cursor.ready);
    const end = ready.indexOf(0x0a);
    if (end >= 0) {
      cursor.position += end + 1;
      return first && end <= pickleTextLimitBytes ? Buffer.from(ready.subarray(0, end)) : undefined;
    }
    cursor.position += ready.length;
    if (cursor.left < 1) throw unsafe(`ends at byte ${cursor.end} within a line: it is truncated`);
    if (cursor.position - start > pickleLineLimitBytes) {
      throw unsafe(`has a line of more than ${pickleLineLimitBytes} bytes at byte ${start}`);
    }
    await cursor.fill(1);
  }
}
