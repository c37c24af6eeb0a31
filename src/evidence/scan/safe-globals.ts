import { sklearnGlobals } from "./sklearn-globals.ts";

/**
 * What a pickle may import and still be data: everything that `torch.load(weights_only=True)` accepts, what NumPy,
 * SciPy and joblib rebuild arrays with, scikit-learn's estimators, and plain types of the standard library.
 *
 * An entry must be harmless when called with any arguments that are made of other entries. A list of what is bad has
 * been got around with every release of every scanner that has one; what is not in this one is at best suspicious.
 *
 * @see {@link https://github.com/pytorch/pytorch/blob/v2.8.0/torch/_weights_only_unpickler.py}
 */
const standard = `
builtins object bytearray bytes set frozenset list tuple dict int float complex bool str slice range
__builtin__ object bytearray bytes set frozenset list tuple dict int float complex bool str unicode long slice
collections OrderedDict Counter defaultdict deque
copyreg _reconstructor
copy_reg _reconstructor
_codecs encode
datetime date datetime time timedelta timezone
decimal Decimal
fractions Fraction
numpy dtype ndarray matrix float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool_ bool str_
numpy complex64 complex128 datetime64 timedelta64
numpy.core.multiarray _reconstruct scalar
numpy._core.multiarray _reconstruct scalar
numpy.core.numeric _frombuffer
numpy._core.numeric _frombuffer
numpy.matrixlib.defmatrix matrix
numpy.ma.core MaskedArray _mareconstruct
numpy.dtypes Float16DType Float32DType Float64DType Int8DType Int16DType Int32DType Int64DType UInt8DType UInt16DType
numpy.dtypes UInt32DType UInt64DType BoolDType StrDType BytesDType ObjectDType
numpy.random._pickle __randomstate_ctor __generator_ctor __bit_generator_ctor
numpy.random._mt19937 MT19937
numpy.random._pcg64 PCG64
joblib.numpy_pickle NumpyArrayWrapper
scipy.sparse._csr csr_matrix csr_array
scipy.sparse._csc csc_matrix csc_array
scipy.sparse._coo coo_matrix coo_array
scipy.sparse.csr csr_matrix
scipy.sparse.csc csc_matrix
scipy.sparse.coo coo_matrix
torch Size Tensor device dtype Generator
torch.nn.parameter Parameter UninitializedParameter Buffer
torch.serialization _get_layout
torch._tensor _rebuild_from_type_v2
torch._utils _rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor _rebuild_tensor _rebuild_tensor_v2
torch._utils _rebuild_tensor_v3 _rebuild_sparse_tensor _rebuild_meta_tensor_no_storage _rebuild_wrapper_subclass
torch._utils _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor
torch.storage UntypedStorage TypedStorage
torch per_tensor_affine per_channel_affine per_tensor_symmetric per_channel_symmetric
torch per_channel_affine_float_qparams
torch float16 float32 float64 bfloat16 half float double int8 int16 int32 int64 uint8 uint16 uint32 uint64 short int
torch long bool complex32 complex64 complex128 chalf cfloat cdouble qint8 quint8 qint32 quint4x2 quint2x4 bits1x8
torch bits2x4 bits4x2 bits8 bits16 float8_e5m2 float8_e4m3fn float8_e5m2fnuz float8_e4m3fnuz float8_e8m0fnu
torch float4_e2m1fn_x2 uint1 uint2 uint3 uint4 uint5 uint6 uint7 int1 int2 int3 int4 int5 int6 int7
`;

const torchTypes = ["", "cuda", "sparse", "cuda.sparse"];
const torchNumbers = "Double Float Half BFloat16 Long Int Short Char Byte Bool ComplexDouble ComplexFloat".split(" ");
const torchStorages = [...torchNumbers, "QUInt8", "QInt8", "QInt32", "QUInt4x2", "QUInt2x4", "Untyped"];

function parse(text: string): Map<string, Set<string>> {
  const modules = new Map<string, Set<string>>();
  for (const line of text.trim().split("\n")) {
    const [module = "", ...names] = line.split(" ");
    modules.set(module, new Set([...(modules.get(module) ?? []), ...names]));
  }
  return modules;
}

function withTorchClasses(modules: Map<string, Set<string>>): ReadonlyMap<string, ReadonlySet<string>> {
  for (const type of torchTypes) {
    const module = type === "" ? "torch" : `torch.${type}`;
    const tensors = torchNumbers.map((number) => `${number}Tensor`);
    const storages = type.endsWith("sparse") ? [] : torchStorages.map((number) => `${number}Storage`);
    modules.set(module, new Set([...(modules.get(module) ?? []), ...tensors, ...storages]));
  }
  return modules;
}

const safe = withTorchClasses(parse(`${standard.trim()}\n${sklearnGlobals.trim()}`));

/** Tells whether a pickle may import this. Both names are compared whole: a name with a dot in it is never safe. */
export function isSafeGlobal(module: string, name: string): boolean {
  return safe.get(module)?.has(name) === true;
}
