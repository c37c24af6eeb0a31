"""Writes weights with the libraries that everybody uses, and index.json with the tensors that are in each file.

Run: python weights.py <directory>.
"""

import json
import sys
from pathlib import Path

import h5py
import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

root = Path(sys.argv[1])
index = {}
spelled = {"float16": "F16", "float32": "F32", "float64": "F64", "int8": "I8", "int32": "I32", "int64": "I64", "bool": "BOOL"}

arrays = {
    "a.weight": numpy.zeros((3, 4), "float32"),
    "b.bias": numpy.ones((7,), "float16"),
    "c": numpy.array(5, "int64"),
    "d.empty": numpy.zeros((0, 3), "int8"),
    "e.double": numpy.zeros((2, 2, 2), "float64"),
}


def put(name, tensors):
    index[name] = {key: [spelled[str(value.dtype)], list(value.shape)] for key, value in tensors.items()}


save_file(arrays, root / "arrays.safetensors", metadata={"format": "np"})
put("arrays.safetensors", arrays)

numpy.savez(root / "arrays.npz", **arrays)
put("arrays.npz", arrays)
numpy.savez_compressed(root / "compressed.npz", **arrays)
put("compressed.npz", arrays)
numpy.save(root / "array.npy", arrays["a.weight"])
put("array.npy", {"": arrays["a.weight"]})

for form in ("earliest", "latest"):
    name = f"{form}.h5"
    with h5py.File(root / name, "w", libver=form) as file:
        file.attrs["keras_version"] = "3.5.0"
        for key, value in arrays.items():
            filters = {"compression": "gzip", "shuffle": True} if value.ndim and value.size else {}
            file.create_dataset(f"layers/{key}", data=value, **filters)
    put(name, {f"layers/{key}": value for key, value in arrays.items()})

constants = [numpy_helper.from_array(value, key) for key, value in arrays.items()]
node = helper.make_node("Identity", ["a.weight"], ["y"])
graph = helper.make_graph([node], "g", [], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3, 4])], constants)
onnx.save(helper.make_model(graph), root / "model.onnx")
put("model.onnx", arrays)
onnx.save(
    helper.make_model(graph), root / "external.onnx", save_as_external_data=True, location="external.data", size_threshold=0
)
put("external.onnx", arrays)

(root / "index.json").write_text(json.dumps(index))
