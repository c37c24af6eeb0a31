import { globalName, itemsOf, type PickleValue } from "./pickle/value.ts";

/** An element type of PyTorch, by the name of its storage class and by its own. */
interface TorchType {
  readonly storage: string;
  readonly name: string;
  /** As safetensors spells it. */
  readonly dtype: string;
  readonly bytes: number;
}

const types: readonly TorchType[] = [
  { storage: "DoubleStorage", name: "float64", dtype: "F64", bytes: 8 },
  { storage: "FloatStorage", name: "float32", dtype: "F32", bytes: 4 },
  { storage: "HalfStorage", name: "float16", dtype: "F16", bytes: 2 },
  { storage: "BFloat16Storage", name: "bfloat16", dtype: "BF16", bytes: 2 },
  { storage: "LongStorage", name: "int64", dtype: "I64", bytes: 8 },
  { storage: "IntStorage", name: "int32", dtype: "I32", bytes: 4 },
  { storage: "ShortStorage", name: "int16", dtype: "I16", bytes: 2 },
  { storage: "CharStorage", name: "int8", dtype: "I8", bytes: 1 },
  { storage: "ByteStorage", name: "uint8", dtype: "U8", bytes: 1 },
  { storage: "BoolStorage", name: "bool", dtype: "BOOL", bytes: 1 },
  { storage: "ComplexFloatStorage", name: "complex64", dtype: "C64", bytes: 8 },
  { storage: "ComplexDoubleStorage", name: "complex128", dtype: "C128", bytes: 16 },
  { storage: "QInt8Storage", name: "qint8", dtype: "QI8", bytes: 1 },
  { storage: "QUInt8Storage", name: "quint8", dtype: "QU8", bytes: 1 },
  { storage: "QInt32Storage", name: "qint32", dtype: "QI32", bytes: 4 },
  { storage: "QUInt4x2Storage", name: "quint4x2", dtype: "QU4X2", bytes: 1 },
  { storage: "QUInt2x4Storage", name: "quint2x4", dtype: "QU2X4", bytes: 1 },
  { storage: "UntypedStorage", name: "uint8", dtype: "U8", bytes: 1 },
  { storage: "", name: "uint16", dtype: "U16", bytes: 2 },
  { storage: "", name: "uint32", dtype: "U32", bytes: 4 },
  { storage: "", name: "uint64", dtype: "U64", bytes: 8 },
  { storage: "", name: "float8_e4m3fn", dtype: "F8_E4M3", bytes: 1 },
  { storage: "", name: "float8_e5m2", dtype: "F8_E5M2", bytes: 1 },
  { storage: "", name: "float8_e4m3fnuz", dtype: "F8_E4M3FNUZ", bytes: 1 },
  { storage: "", name: "float8_e5m2fnuz", dtype: "F8_E5M2FNUZ", bytes: 1 },
];

const byStorage = new Map(types.map((type) => [type.storage, type]));
const byName = new Map(types.map((type) => [type.name, type]));

/** The element type that a global such as `torch.FloatStorage` or `torch.float32` names. */
export function torchType(value: PickleValue | undefined): TorchType | undefined {
  const name = globalName(value);
  if (name?.startsWith("torch.") !== true) return undefined;
  const last = name.slice(name.lastIndexOf(".") + 1);
  return last.endsWith("Storage") ? byStorage.get(last) : byName.get(last);
}

/** What a tensor's elements lie in: `('storage', torch.FloatStorage, key, location, numel, …)`. */
export interface TorchStorage {
  readonly key: string;
  readonly type: TorchType;
  /** Number of elements. */
  readonly elements: number;
}

/** Reads the persistent identifier of a storage; undefined for any other. */
export function torchStorage(id: PickleValue | undefined): TorchStorage | undefined {
  const [what, type, key, , elements] = itemsOf(id);
  const known = torchType(type);
  if (what !== "storage" || known === undefined || typeof key !== "string") return undefined;
  if (typeof elements !== "number" || elements < 0) return undefined;
  return { key, type: known, elements };
}
