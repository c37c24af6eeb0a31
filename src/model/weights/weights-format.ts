/** ModelPack's `config.format` by extension; the names are the ones its specification and modctl use. */
const formats: Readonly<Record<string, string>> = {
  ".safetensors": "safetensors",
  ".gguf": "gguf",
  ".ggml": "ggml",
  ".onnx": "onnx",
  ".onnx_data": "onnx",
  ".bin": "pt",
  ".pt": "pt",
  ".pth": "pt",
  ".ckpt": "pt",
  ".mar": "pt",
  ".pkl": "pickle",
  ".pickle": "pickle",
  ".joblib": "joblib",
  ".h5": "keras",
  ".hdf5": "keras",
  ".keras": "keras",
  ".pb": "tensorflow",
  ".tflite": "tflite",
  ".mlmodel": "coreml",
  ".mlpackage": "coreml",
  ".npz": "numpy",
  ".npy": "numpy",
  ".msgpack": "flax",
  ".engine": "tensorrt",
  ".plan": "tensorrt",
};

/** Tells the format of a weights file by its extension; undefined for names that say nothing. */
export function weightsFormat(path: string): string | undefined {
  return formats[path.slice(path.lastIndexOf(".")).toLowerCase()];
}
