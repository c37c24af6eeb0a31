import { expect, test } from "vitest";
import { fileKind } from "./kind.ts";
import { layerMediaType, parseLayerMediaType } from "./media-types.ts";
import { weightsFormat } from "./weights/weights-format.ts";

test.each([
  ["model.safetensors", "weight"],
  ["onnx/model.onnx_data", "weight"],
  ["pytorch_model.bin", "weight"],
  ["tokenizer.pkl", "weight"],
  ["vocab.bin", "weight"],
  ["no-extension", "weight"],
  ["model.unheard-of", "weight"],
  ["config.json", "weight.config"],
  ["model.safetensors.index.json", "weight.config"],
  ["tokenizer.model", "weight.config"],
  ["spiece.model", "weight.config"],
  ["merges.txt", "weight.config"],
  ["chat_template.jinja", "weight.config"],
  ["README.md", "doc"],
  ["LICENSE", "doc"],
  ["docs/LICENSE.txt", "doc"],
  ["NOTICE", "doc"],
  ["model_card.json", "doc"],
  ["images/loss.PNG", "doc"],
  ["modeling.py", "code"],
  ["requirements-dev.txt", "code"],
  ["Dockerfile", "code"],
  ["models/1/MLmodel", "weight.config"],
])("fileKind: %s is %s", (path, kind) => expect(fileKind(path)).toBe(kind));

test.each([
  ["a/model.SAFETENSORS", "safetensors"],
  ["m.gguf", "gguf"],
  ["m.onnx_data", "onnx"],
  ["m.bin", "pt"],
  ["m.unheard-of", undefined],
  ["toString", undefined],
])("weightsFormat: %s is %s", (path, format) => expect(weightsFormat(path)).toBe(format));

test.each([
  ["application/vnd.cncf.model.weight.config.v1.raw", { kind: "weight.config", encoding: "raw" }],
  ["application/vnd.cncf.model.doc.v1.tar+gzip", { kind: "doc", encoding: "tar+gzip" }],
  ["application/vnd.cnai.model.weight.v1.tar", { kind: "weight", encoding: "tar" }],
  ["application/vnd.cncf.model.weight.v1.gguf", { kind: "weight", encoding: "raw" }],
  [layerMediaType("dataset", "tar"), { kind: "dataset", encoding: "tar" }],
  ["application/vnd.cncf.model.weights.v1.raw", undefined],
  ["application/vnd.cncf.model.weight.v2.raw", undefined],
])("parseLayerMediaType: %s", (mediaType, expected) => expect(parseLayerMediaType(mediaType)).toEqual(expected));
