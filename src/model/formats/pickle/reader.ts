import { pickleLineLimitBytes, pickleTextLimitBytes } from "../../../base/limits.ts";
import { unsafe } from "../../tensor.ts";
import type { ByteCursor } from "../byte-cursor.ts";
import { type Opcode, opcodes } from "./opcodes.ts";

/** One step of a pickle. */
export interface Operation {
  readonly opcode: Opcode;
  /** Where its first byte lies, from the start of the content. */
  readonly offset: number;
  /** Of numbers. */
  readonly value: number;
  /** Of lines and counted bytes. Absent when they are longer than anything that decides: they were stepped over. */
  readonly bytes?: Buffer;
  /** The second of two lines. */
  readonly second?: Buffer;
  /** Length of counted bytes. */
  readonly length: number;
}

/** Longest head of an operation: its byte and a number of eight. */
const headBytes = 9;
const readyBytes = 2 * pickleTextLimitBytes + headBytes;

/** Reads the next operation. Declared lengths move the cursor, and never allocate. */
export async function readOperation(cursor: ByteCursor): Promise<Operation> {
  if (!cursor.has(readyBytes)) await cursor.fill(readyBytes);
  const offset = cursor.position;
  if (cursor.left < 1) throw unsafe(`ends at byte ${offset} without STOP: it is truncated`);
  const code = cursor.take(1).readUInt8();
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
      if (length <= pickleTextLimitBytes) return { opcode, offset, value: 0, bytes: cursor.take(length), length };
      cursor.position += length;
      return { opcode, offset, value: 0, length };
    }
    case "lines": {
      const bytes = await readLine(cursor);
      const second = argument.lines === 2 ? await readLine(cursor) : undefined;
      const kept = bytes === undefined ? {} : { bytes };
      return { opcode, offset, value: 0, length: 0, ...kept, ...(second === undefined ? {} : { second }) };
    }
  }
}

function readNumber(cursor: ByteCursor, bytes: 1 | 2 | 4 | 8, signed: boolean): number {
  if (cursor.left < bytes) throw unsafe(`ends at byte ${cursor.end} within an argument: it is truncated`);
  const taken = cursor.take(bytes);
  if (bytes === 8) return Number(taken.readBigUInt64LE());
  return signed ? taken.readIntLE(0, bytes) : taken.readUIntLE(0, bytes);
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
