import { protobufDepthLimit, protobufFieldLimit } from "../limits.ts";
import type { RangeReader } from "../weights/range-reader.ts";
import { unsafe } from "../weights/tensor.ts";
import { ByteCursor } from "./byte-cursor.ts";

/** Most of a model's bytes are tensors, which are stepped over. */
const blockBytes = 16 * 1024;

const longestVarint = 10;

/** A field of a message. */
export interface ProtoField {
  readonly number: number;
  readonly wire: "varint" | "fixed" | "bytes";
  /** Of varints. Above 2^53 it is not exact. */
  readonly value: number;
  /** Length of the content of a `bytes` field. */
  readonly length: number;
}

/** Is called for each field of a message, in order; what it does not read of a `bytes` field is stepped over. */
export type ProtoVisitor = (field: ProtoField, reader: ProtoReader) => Promise<void> | void;

/**
 * Walks through a protobuf message without its schema, from the first field to the last, and keeps nothing.
 *
 * @see {@link https://protobuf.dev/programming-guides/encoding/}
 */
export class ProtoReader {
  readonly #cursor: ByteCursor;
  #end: number;
  #fields = 0;
  #depth = 0;

  constructor(read: RangeReader) {
    this.#cursor = new ByteCursor(read, { blockBytes });
    this.#end = this.#cursor.end;
  }

  /**
   * Visits the fields of the message that a `bytes` field holds, or of the whole content.
   *
   * @throws {@link ModelError} `UNSAFE_FORMAT` when a length leads beyond the end, for groups, and beyond the limits.
   */
  async message(visit: ProtoVisitor): Promise<void> {
    if (++this.#depth > protobufDepthLimit) throw unsafe(`nests messages deeper than ${protobufDepthLimit}`);
    const end = this.#end;
    while (this.#cursor.position < end) {
      if (++this.#fields > protobufFieldLimit) throw unsafe(`has more than ${protobufFieldLimit} fields`);
      const field = await this.#field(end);
      const next = this.#cursor.position + field.length;
      this.#end = next;
      await visit(field, this);
      this.#end = end;
      this.#cursor.position = next;
    }
    this.#depth--;
  }

  /** The text of a `bytes` field, as far as `limitBytes`. */
  async text({ length }: ProtoField, limitBytes: number): Promise<string> {
    const count = Math.min(length, limitBytes);
    await this.#cursor.fill(count);
    return this.#cursor.peek(count).toString("utf8");
  }

  /** Numbers that stand packed in a `bytes` field; no more than `limit` of them. */
  async packed(limit: number): Promise<readonly number[]> {
    const numbers: number[] = [];
    const end = this.#end;
    while (this.#cursor.position < end && numbers.length < limit) numbers.push(await this.#varint(end));
    return numbers;
  }

  async #field(end: number): Promise<ProtoField> {
    const tag = await this.#varint(end);
    const number = Math.floor(tag / 8);
    if (number < 1 || number >= 2 ** 29)
      throw unsafe(`has the field number ${number} at byte ${this.#cursor.position}`);
    switch (tag % 8) {
      case 0:
        return { number, wire: "varint", value: await this.#varint(end), length: 0 };
      case 1:
        return this.#sized({ number, wire: "fixed", value: 0, length: 8 }, end);
      case 5:
        return this.#sized({ number, wire: "fixed", value: 0, length: 4 }, end);
      case 2:
        return this.#sized({ number, wire: "bytes", value: 0, length: await this.#varint(end) }, end);
      default:
        throw unsafe(`has a field of the wire type ${tag % 8} at byte ${this.#cursor.position}`);
    }
  }

  #sized(field: ProtoField, end: number): ProtoField {
    if (field.length <= end - this.#cursor.position) return field;
    throw unsafe(
      `has a field of ${field.length} bytes at byte ${this.#cursor.position}, beyond the end of its message`,
    );
  }

  async #varint(end: number): Promise<number> {
    await this.#cursor.fill(longestVarint);
    const left = end - this.#cursor.position;
    const bytes = this.#cursor.peek(Math.min(longestVarint, left));
    let value = 0;
    for (const [at, byte] of bytes.entries()) {
      value += (byte & 0x7f) * 2 ** (7 * at);
      if (byte >= 0x80) continue;
      this.#cursor.position += at + 1;
      return value;
    }
    throw unsafe(`has a number without an end at byte ${this.#cursor.position}`);
  }
}
