/** A number, text, message or bytes as protobuf writes them. */
export type ProtoValue = number | string | readonly ProtoField[] | Buffer;
export type ProtoField = readonly [number: number, value: ProtoValue];

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** Writes a protobuf message, field by field. */
export function message(fields: readonly ProtoField[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === "number") return Buffer.concat([varint(number * 8), varint(value)]);
      const content = typeof value === "string" ? Buffer.from(value) : Buffer.isBuffer(value) ? value : message(value);
      return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
    }),
  );
}
