import { describe, expect, test } from "vitest";
import { ModelError } from "../errors.ts";
import { readModelConfig } from "../model-config.ts";
import { formatParamSize } from "./param-size.ts";
import { checkShardIndex, isShardIndex } from "./shard-index.ts";
import type { WeightsHeader } from "./tensor.ts";
import { summarizeWeights, type WeightsFile } from "./weights-summary.ts";

const tensor = (name: string, dtype: string, elements: number) => {
  return { name, dtype, shape: [elements], elements, offset: 0, bytes: 0 };
};

function weights(path: string, tensors: readonly [string, string, number][], metadata = {}): WeightsFile {
  const format: WeightsHeader["format"] = path.endsWith(".gguf") ? "gguf" : "safetensors";
  const header = { format, headerBytes: 0, tensors: tensors.map(([...all]) => tensor(...all)), metadata };
  return { path, size: 1, header };
}

test.each([
  [22_713_728, "22.7M"],
  [8_030_261_248, "8B"],
  [6_738_415_616, "6.7B"],
  [999_949, "999.9K"],
  [999_950, "1M"],
  [999_960_000, "1B"],
  [512, "0.5K"],
  [1_043_000_000_000, "1T"],
])("formatParamSize: %i is %s", (parameters, text) => expect(formatParamSize(parameters)).toBe(text));

describe("summarizeWeights", () => {
  test("sums shards, and orders precisions by their share", () => {
    const files = [
      weights("model-00001-of-00002.safetensors", [["a", "BF16", 2_000_000]]),
      weights("model-00002-of-00002.safetensors", [
        ["b", "F32", 500_000],
        ["c", "I64", 7],
      ]),
    ];
    const summary = summarizeWeights(files, { architecture: "LlamaForCausalLM", family: "llama" });
    expect(summary).toEqual({
      format: "safetensors",
      parameters: 2_500_007,
      paramSize: "2.5M",
      precision: "bfloat16,float32,int64",
      architecture: "LlamaForCausalLM",
      family: "llama",
    });
  });

  test("takes the largest of alternatives in a directory, and adds up directories", () => {
    const files = [
      weights("model.fp16.safetensors", [["a", "F16", 2000]]),
      weights("model.safetensors", [["a", "F32", 3000]]),
      weights("2_Dense/model.safetensors", [["a", "F32", 1000]]),
      { path: "pytorch_model.bin", size: 10_000 },
    ];
    expect(summarizeWeights(files, {})).toMatchObject({
      format: "safetensors",
      parameters: 4000,
      precision: "float32",
    });
  });

  test("names the quantization of GGUF files, and no plain type as one", () => {
    const metadata = { "general.architecture": "llama", "general.file_type": 15 };
    const quantized = weights(
      "m.gguf",
      [
        ["a", "Q4_K", 2048],
        ["b", "F32", 64],
      ],
      metadata,
    );
    expect(summarizeWeights([quantized], {})).toEqual({
      format: "gguf",
      parameters: 2112,
      paramSize: "2.1K",
      precision: "q4_k,float32",
      quantization: "Q4_K_M",
      architecture: "llama",
    });
    const plain = weights("m.gguf", [["a", "F16", 64]], { "general.file_type": 1 });
    expect(summarizeWeights([plain], {})).not.toHaveProperty("quantization");
    const guessed = weights("m.gguf", [["a", "Q8_0", 64]], { "general.file_type": 1024 + 7 });
    expect(summarizeWeights([guessed], {})).toMatchObject({ quantization: "Q8_0" });
  });

  test("unpacks GPTQ, leaves scales out, and gives no number for packings it does not know", () => {
    const gptq = [
      weights("m.safetensors", [
        ["l.qweight", "I32", 1000],
        ["l.scales", "F16", 99],
        ["norm.weight", "F16", 10],
      ]),
    ];
    expect(summarizeWeights(gptq, { quantization: "gptq", quantizationBits: 4 }).parameters).toBe(8010);
    expect(summarizeWeights(gptq, { quantization: "gptq" })).not.toHaveProperty("paramSize");
    expect(summarizeWeights(gptq, { quantization: "bitsandbytes" })).toMatchObject({ quantization: "bitsandbytes" });
    expect(summarizeWeights(gptq, { quantization: "bitsandbytes" })).not.toHaveProperty("parameters");
    const fp8 = [
      weights("m.safetensors", [
        ["a.weight", "F8_E4M3", 100],
        ["a.weight_scale_inv", "F32", 9],
      ]),
    ];
    expect(summarizeWeights(fp8, { quantization: "fp8" })).toMatchObject({ parameters: 100 });
  });

  test("formats without a header tell their name only, the one with most bytes", () => {
    const files = [
      { path: "a.onnx", size: 10 },
      { path: "b.bin", size: 20 },
      { path: "c.weird", size: 100 },
    ];
    expect(summarizeWeights(files, {})).toEqual({ format: "pt" });
    expect(summarizeWeights([], {})).toEqual({});
  });
});

describe("readModelConfig", () => {
  test.each([
    ["{}", {}],
    ["not JSON", {}],
    ['{"time_step_limit":[0.0,Infinity]}', {}],
    ["[]", {}],
    ['{"architectures":["A","B"],"model_type":"bert"}', { architecture: "A", family: "bert" }],
    ['{"architectures":7,"model_type":"bert"}', { family: "bert" }],
    ['{"quantization_config":{"quant_method":"gptq","bits":4}}', { quantization: "gptq", quantizationBits: 4 }],
    ['{"quantization_config":{"quant_method":9}}', {}],
  ])("%s", (text, facts) => expect(readModelConfig(Buffer.from(text))).toEqual(facts));
});

describe("checkShardIndex", () => {
  const path = "sub/model.safetensors.index.json";
  const header = (...names: string[]): WeightsHeader => {
    const tensors = names.map((name) => tensor(name, "F32", 1));
    return { format: "safetensors", headerBytes: 0, tensors, metadata: {} };
  };
  const headers = new Map([
    ["sub/one.safetensors", header("a")],
    ["sub/three.safetensors", header("a", "c")],
  ]);
  const check = (json: unknown) => checkShardIndex(path, Buffer.from(JSON.stringify(json)), headers);

  test("is meant for indexes of shards", () => {
    expect(isShardIndex(path)).toBe(true);
    expect(isShardIndex("model.safetensors")).toBe(false);
  });

  test("accepts what is there", () => {
    expect(() => check({ metadata: { total_size: 1 }, weight_map: { a: "one.safetensors" } })).not.toThrow();
  });

  test.each([
    ["a shard that is missing", { weight_map: { a: "two.safetensors" } }, "FILE_MISSING", /"sub\/two.safetensors"/],
    ["a tensor that is missing", { weight_map: { b: "one.safetensors" } }, "CONFIG_INVALID", /"b"/],
    [
      "a tensor that is in two shards",
      { weight_map: { a: "one.safetensors", c: "three.safetensors" } },
      "CONFIG_INVALID",
      /"a" is in "one.safetensors" and "three.safetensors"/,
    ],
    ["an index without a map", {}, "CONFIG_INVALID", /not an index/],
  ])("refuses %s", (_, json, code, message) => {
    expect(() => check(json)).toThrow(message);
    expect(() => check(json)).toThrow(expect.objectContaining({ code, constructor: ModelError }));
  });
});
