/** The small files of the generated model. */

export const tokenizer = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [],
  model: { type: "WordLevel", vocab: { "[UNK]": 0, risk: 1, low: 2, high: 3 }, unk_token: "[UNK]" },
};

export const tokenizerConfig = { model_max_length: 64, tokenizer_class: "PreTrainedTokenizerFast", unk_token: "[UNK]" };

/** A Hugging Face model card; the keys from `intended_use` on are those that mreg reads its model card from. */
export function card({ seed, license }: { readonly seed: number; readonly license: string }): string {
  return `---
license: ${license.toLowerCase()}
language:
  - en
tags:
  - text-classification
  - tiny
datasets:
  - example/loan-applications
base_model: example/tiny-bert
pipeline_tag: text-classification
library_name: transformers
intended_use: Ranks loan applications by risk for a human reviewer; never decides alone.
limitations: Trained on 128 words of English; knows nothing of other languages or of loans above 1 million.
risk_class: limited
owners:
  - risk-team@example.com
training_data: example/loan-applications at revision 2026-10-01, 12,000 rows, personal data removed.
evaluation: Accuracy 0.91 on the held-out tenth of the data; see the attached results.
ethics: Checked for equal error rates between age groups; the largest gap is 0.8 percentage points.
---

# Tiny risk model

A made-up encoder for trying mreg out, generated from seed ${seed}. Its weights are random.

## Intended use

Ranks loan applications by risk for a human reviewer; never decides alone.

## Limitations

Trained on 128 words of English; knows nothing of other languages.
`;
}

export function licenseText(license: string): string {
  return `SPDX-License-Identifier: ${license}

The files of this generated model may be used under the terms of ${license}.
`;
}
