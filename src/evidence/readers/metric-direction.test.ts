import { expect, it } from "vitest";
import { knownDirection } from "./metric-direction.ts";

it.each([
  ["accuracy", "higher"],
  ["eval_accuracy", "higher"],
  ["Exact-Match@5", "higher"],
  ["f1_score", "higher"],
  ["pass_at_10", "higher"],
  ["pass@1", "higher"],
  ["rougeLsum", "higher"],
  ["roc_auc", "higher"],
  ["rouge1/v1/mean", "higher"],
  ["eval_loss", "lower"],
  ["word_perplexity", "lower"],
  ["mean_squared_error", "lower"],
  ["toxicity/v1/mean", "lower"],
  ["val_wer", "lower"],
  ["toxicity/v1/variance", "none"],
  ["eval_samples_per_second", "none"],
  ["train_mem_gpu_alloc_delta", "none"],
  ["num_prompt_tokens", "none"],
  ["gloss", undefined],
  ["acc/other", undefined],
  ["latency_p95_ms", undefined],
  ["constructor", undefined],
  ["", undefined],
])("%s: %s", (metric, direction) => {
  expect(knownDirection(metric)).toBe(direction);
});
