/** Single characters after a backslash in a Python 2 string literal. */
const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** The text of a STRING opcode, quotes removed and escapes resolved; undefined when Python would refuse it. */
export function decodeStringLiteral(line: string): string | undefined {
  const text = line.trim();
  const quoteMark = text.charAt(0);
  if (text.length < 2 || !"'\"".includes(quoteMark) || text.at(-1) !== quoteMark) return undefined;
  return text
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([\s\S]))/g, (whole, hex?: string, octal?: string, char?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return escapes[char ?? ""] ?? whole;
    });
}

/** The text of a UNICODE opcode: Python's raw-unicode-escape, in which only `\u` and `\U` are escapes. */
export function decodeRawUnicode(line: string): string {
  return line.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g, (whole, short?: string, long?: string) => {
    const code = Number.parseInt(short ?? long ?? "", 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** A decimal integer as Python's `int()` reads it; undefined for anything else. */
export function decodeInteger(line: string): number | bigint | undefined {
  const digits = line.trim().replace(/L$/, "");
  if (!/^[+-]?\d(?:_?\d)*$/.test(digits) || digits.length > 40) return undefined;
  const value = BigInt(digits.replace(/^\+/, "").replaceAll("_", ""));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** A two's complement little-endian integer of up to 16 bytes. */
export function decodeLong(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index] ?? 0);
  const signed = BigInt.asIntN(bytes.length * 8, value);
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
}
