/** Formats that announce themselves by their first bytes, and that weights must not be in disguise. */
const magics: readonly { readonly name: string; readonly matches: (head: Uint8Array) => boolean }[] = [
  { name: "a pickle", matches: isPickle },
  { name: "a zip archive", matches: (head) => startsWith(head, [0x50, 0x4b, 0x03, 0x04]) },
  { name: "a 7z archive", matches: (head) => startsWith(head, [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]) },
  { name: "gzip data", matches: (head) => startsWith(head, [0x1f, 0x8b, 0x08]) },
  { name: "HDF5", matches: (head) => startsWith(head, [0x89, 0x48, 0x44, 0x46]) },
  { name: "a NumPy array", matches: (head) => startsWith(head, [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]) },
  { name: "an ELF program", matches: (head) => startsWith(head, [0x7f, 0x45, 0x4c, 0x46]) },
  { name: "GGUF", matches: (head) => startsWith(head, [0x47, 0x47, 0x55, 0x46]) },
];

/** Bytes that {@link fileMagic} looks at. */
export const fileMagicBytes = 8;

/** Says what a file is by its first bytes, for the formats that announce themselves; undefined for all others. */
export function fileMagic(head: Uint8Array): string | undefined {
  return magics.find(({ matches }) => matches(head))?.name;
}

/**
 * PROTO 2 to 5, then an opcode. The lowest opcode is `(`, 0x28.
 *
 * The third byte tells a pickle from safetensors, whose file may well start with 80 02: that is a header of 640 bytes.
 */
function isPickle(head: Uint8Array): boolean {
  const [proto, version = 0, opcode = 0] = head;
  return proto === 0x80 && version >= 2 && version <= 5 && opcode >= 0x28;
}

function startsWith(head: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, index) => head[index] === byte);
}
