/** Formats that announce themselves by their first bytes, and that weights must not be in disguise. */
const magics: readonly { readonly name: string; readonly matches: (head: Uint8Array) => boolean }[] = [
  { name: "a pickle", matches: isPickle },
  { name: "a zip archive", matches: (head) => startsWith(head, [0x50, 0x4b, 0x03, 0x04]) },
  { name: "a 7z archive", matches: (head) => startsWith(head, [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]) },
  { name: "gzip data", matches: (head) => startsWith(head, [0x1f, 0x8b, 0x08]) },
  { name: "zlib data", matches: isZlib },
  { name: "bzip2 data", matches: (head) => startsWith(head, [0x42, 0x5a, 0x68]) && (head[3] ?? 0) > 0x30 },
  { name: "xz data", matches: (head) => startsWith(head, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) },
  { name: "lzma data", matches: (head) => startsWith(head, [0x5d, 0x00, 0x00]) },
  { name: "LZ4 data", matches: (head) => startsWith(head, [0x04, 0x22, 0x4d, 0x18]) },
  { name: "Zstandard data", matches: (head) => startsWith(head, [0x28, 0xb5, 0x2f, 0xfd]) },
  // A llamafile runs on every system; its first bytes are those of a shell script and of a Windows program.
  { name: "a Windows program", matches: (head) => startsWith(head, [0x4d, 0x5a, 0x71, 0x46, 0x70, 0x44]) },
  { name: "a Windows program", matches: (head) => startsWith(head, [0x4d, 0x5a, 0x90, 0x00]) },
  { name: "a Windows program", matches: (head) => startsWith(head, [0x4d, 0x5a, 0x78, 0x00]) },
  { name: "a script", matches: (head) => startsWith(head, [0x23, 0x21, 0x2f]) },
  { name: "a macOS program", matches: (head) => startsWith(head, [0xcf, 0xfa, 0xed, 0xfe]) },
  { name: "a macOS program", matches: (head) => startsWith(head, [0xce, 0xfa, 0xed, 0xfe]) },
  { name: "a macOS program", matches: (head) => startsWith(head, [0xfe, 0xed, 0xfa, 0xcf]) },
  // Fat binaries and compiled Java share four bytes; Java's versions begin at 45.
  { name: "a macOS program", matches: (head) => startsWith(head, [0xca, 0xfe, 0xba, 0xbe]) && (head[7] ?? 0) < 45 },
  { name: "compiled Java", matches: (head) => startsWith(head, [0xca, 0xfe, 0xba, 0xbe]) },
  { name: "a WebAssembly program", matches: (head) => startsWith(head, [0x00, 0x61, 0x73, 0x6d, 0x01, 0, 0, 0]) },
  { name: "TensorFlow Lite", matches: (head) => Buffer.from(head.subarray(4, 8)).toString("latin1") === "TFL3" },
  { name: "HDF5", matches: (head) => startsWith(head, [0x89, 0x48, 0x44, 0x46]) },
  { name: "a NumPy array", matches: (head) => startsWith(head, [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]) },
  { name: "an ELF program", matches: (head) => startsWith(head, [0x7f, 0x45, 0x4c, 0x46]) },
  { name: "GGUF", matches: (head) => startsWith(head, [0x47, 0x47, 0x55, 0x46]) },
];

/** Bytes that {@link fileMagic} looks at. */
export const fileMagicBytes = 16;

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

/** Deflate with a window of 32 KiB and a level: what every writer of zlib makes. */
function isZlib(head: Uint8Array): boolean {
  return head[0] === 0x78 && [0x01, 0x5e, 0x9c, 0xda].includes(head[1] ?? 0);
}

function startsWith(head: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, index) => head[index] === byte);
}
