const arrayTypes: Readonly<Record<string, string>> = {
  f2: "F16",
  f4: "F32",
  f8: "F64",
  i1: "I8",
  i2: "I16",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  u2: "U16",
  u4: "U32",
  u8: "U64",
  b1: "BOOL",
  c8: "C64",
};

/** NumPy's type of one element, such as `<f4`, as safetensors spells it where it has the type. */
export function arrayType(descr: string): string {
  return arrayTypes[descr.replace(/^[<>|=]/, "")] ?? descr;
}
