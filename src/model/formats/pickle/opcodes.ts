/**
 * How the argument of an opcode is written. Numbers are little-endian, but for `f64`; `line` ends with a line feed;
 * `counted` is a length of that many bytes in front of as many bytes.
 */
export type ArgumentForm =
  | { readonly form: "none" }
  | { readonly form: "number"; readonly bytes: 1 | 2 | 4 | 8; readonly signed: boolean }
  | { readonly form: "lines"; readonly lines: 1 | 2 }
  | { readonly form: "counted"; readonly bytes: 1 | 4 | 8; readonly signed: boolean };

export interface Opcode {
  readonly name: string;
  readonly argument: ArgumentForm;
}

const none: ArgumentForm = { form: "none" };
const line: ArgumentForm = { form: "lines", lines: 1 };
const lines: ArgumentForm = { form: "lines", lines: 2 };
const number = (bytes: 1 | 2 | 4 | 8, signed = false): ArgumentForm => ({ form: "number", bytes, signed });
const counted = (bytes: 1 | 4 | 8, signed = false): ArgumentForm => ({ form: "counted", bytes, signed });

/**
 * Every opcode of protocols 0 to 5, by byte. Bytes that are missing here are no opcodes.
 *
 * @see {@link https://github.com/python/cpython/blob/v3.14.0/Lib/pickletools.py}
 */
const rows: readonly (readonly [code: number | string, name: string, argument: ArgumentForm])[] = [
  ["(", "MARK", none],
  [".", "STOP", none],
  ["0", "POP", none],
  ["1", "POP_MARK", none],
  ["2", "DUP", none],
  ["F", "FLOAT", line],
  ["I", "INT", line],
  ["J", "BININT", number(4, true)],
  ["K", "BININT1", number(1)],
  ["L", "LONG", line],
  ["M", "BININT2", number(2)],
  ["N", "NONE", none],
  ["P", "PERSID", line],
  ["Q", "BINPERSID", none],
  ["R", "REDUCE", none],
  ["S", "STRING", line],
  ["T", "BINSTRING", counted(4, true)],
  ["U", "SHORT_BINSTRING", counted(1)],
  ["V", "UNICODE", line],
  ["X", "BINUNICODE", counted(4)],
  ["a", "APPEND", none],
  ["b", "BUILD", none],
  ["c", "GLOBAL", lines],
  ["d", "DICT", none],
  ["}", "EMPTY_DICT", none],
  ["e", "APPENDS", none],
  ["g", "GET", line],
  ["h", "BINGET", number(1)],
  ["i", "INST", lines],
  ["j", "LONG_BINGET", number(4)],
  ["l", "LIST", none],
  ["]", "EMPTY_LIST", none],
  ["o", "OBJ", none],
  ["p", "PUT", line],
  ["q", "BINPUT", number(1)],
  ["r", "LONG_BINPUT", number(4)],
  ["s", "SETITEM", none],
  ["t", "TUPLE", none],
  [")", "EMPTY_TUPLE", none],
  ["u", "SETITEMS", none],
  ["G", "BINFLOAT", number(8)],
  [0x80, "PROTO", number(1)],
  [0x81, "NEWOBJ", none],
  [0x82, "EXT1", number(1)],
  [0x83, "EXT2", number(2)],
  [0x84, "EXT4", number(4, true)],
  [0x85, "TUPLE1", none],
  [0x86, "TUPLE2", none],
  [0x87, "TUPLE3", none],
  [0x88, "NEWTRUE", none],
  [0x89, "NEWFALSE", none],
  [0x8a, "LONG1", counted(1)],
  [0x8b, "LONG4", counted(4, true)],
  ["B", "BINBYTES", counted(4)],
  ["C", "SHORT_BINBYTES", counted(1)],
  [0x8c, "SHORT_BINUNICODE", counted(1)],
  [0x8d, "BINUNICODE8", counted(8)],
  [0x8e, "BINBYTES8", counted(8)],
  [0x8f, "EMPTY_SET", none],
  [0x90, "ADDITEMS", none],
  [0x91, "FROZENSET", none],
  [0x92, "NEWOBJ_EX", none],
  [0x93, "STACK_GLOBAL", none],
  [0x94, "MEMOIZE", none],
  [0x95, "FRAME", number(8)],
  [0x96, "BYTEARRAY8", counted(8)],
  [0x97, "NEXT_BUFFER", none],
  [0x98, "READONLY_BUFFER", none],
];

/** Opcodes by byte. */
export const opcodes: ReadonlyMap<number, Opcode> = new Map(
  rows.map(([code, name, argument]) => [typeof code === "string" ? code.charCodeAt(0) : code, { name, argument }]),
);
