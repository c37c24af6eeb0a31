/** Value types of GGUF metadata that the generator writes. */
const uint32Type = 4;
const stringType = 8;
const arrayType = 9;

const alignment = 32;

/**
 * The bytes of a valid GGUF v3 file of the llama family: two Q8_0 matrices and a float32 norm, 2,112 parameters.
 *
 * @param next - gives the next 32 random bits.
 */
export function tinyGguf(next: () => number): Uint8Array {
  const metadata = [
    entry("general.architecture", stringType, text("llama")),
    entry("general.name", stringType, text("tiny")),
    entry("general.file_type", uint32Type, uint32(7)),
    entry("general.alignment", uint32Type, uint32(alignment)),
    entry("llama.context_length", uint32Type, uint32(64)),
    entry("tokenizer.ggml.model", stringType, text("gpt2")),
    entry("tokenizer.ggml.tokens", arrayType, strings(["<unk>", "a", "b", "c"])),
    entry("tokenizer.chat_template", stringType, text("{{ messages[0].content }}")),
  ];
  const tensors = [
    { name: "token_embd.weight", dimensions: [64, 16], type: 8, bytes: (64 * 16 * 34) / 32 },
    { name: "output.weight", dimensions: [64, 16], type: 8, bytes: (64 * 16 * 34) / 32 },
    { name: "output_norm.weight", dimensions: [64], type: 0, bytes: 64 * 4 },
  ];
  const infos: Buffer[] = [];
  let offset = 0;
  for (const { name, dimensions, type, bytes } of tensors) {
    infos.push(text(name), uint32(dimensions.length), ...dimensions.map(uint64), uint32(type), uint64(offset));
    offset += Math.ceil(bytes / alignment) * alignment;
  }
  const head = [Buffer.from("GGUF"), uint32(3), uint64(tensors.length), uint64(metadata.length), ...metadata, ...infos];
  const header = Buffer.concat(head);
  const data = Buffer.alloc(offset);
  for (let at = 0; at < data.length; at += 4) data.writeUInt32LE(next(), at);
  return Buffer.concat([header, Buffer.alloc((alignment - (header.length % alignment)) % alignment), data]);
}

function entry(key: string, type: number, value: Buffer): Buffer {
  return Buffer.concat([text(key), uint32(type), value]);
}

function strings(values: readonly string[]): Buffer {
  return Buffer.concat([uint32(stringType), uint64(values.length), ...values.map(text)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
