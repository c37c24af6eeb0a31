/**
 * `undefined`: nobody knows. `"none"`: not a measure of quality, but a count, a setting or a time of the run itself.
 */
type KnownDirection = "higher" | "lower" | "none" | undefined;

const words = (text: string) => text.trim().split(/\s+/);

/** Metrics that every tool means alike, in lower case with underscores and without `_score`. */
const higher = new Set(
  words(`
    acc accuracy acc_norm acc_bytes balanced_accuracy top_k_accuracy subset_accuracy exact_match em match includes
    quasi_exact_match prefix_exact_match quasi_prefix_exact_match pass pass_at pass_rate win_rate
    precision precision_macro precision_micro precision_weighted recall recall_macro recall_micro recall_weighted
    f1 f1_macro f1_micro f1_weighted f1_binary macro_f1 micro_f1 weighted_f1 f2 fbeta jaccard iou mean_iou dice
    auc roc_auc auroc auc_roc pr_auc auc_pr auprc average_precision precision_recall_auc map mrr ndcg hit_rate recall_at precision_at
    mcc matthews_corrcoef matthews_correlation cohen_kappa kappa specificity sensitivity true_positives true_negatives
    r2 explained_variance pearson pearsonr spearman spearmanr kendalltau ccc
    bleu sacrebleu google_bleu rouge rouge1 rouge2 rougel rougelsum rouge_1 rouge_2 rouge_l meteor chrf bertscore comet
    psnr ssim logprob logprob_per_byte log_likelihood elo score faithfulness groundedness relevance answer_correctness
    silhouette adjusted_rand normalized_mutual_info completeness homogeneity v_measure
  `),
);

const lower = new Set(
  words(`
    loss cross_entropy perplexity ppl word_perplexity byte_perplexity bits_per_byte log_loss nll brier brier_loss
    mse rmse mae mape smape medae max_error msle rmsle wmape pinball_loss hinge_loss hamming_loss zero_one_loss
    mean_squared_error root_mean_squared_error mean_absolute_error mean_absolute_percentage_error
    median_absolute_error mean_squared_log_error wer cer ter mer wil error error_rate eer
    ece mce calibration_error ece_1_bin ece_10_bin fid kid lpips fpr fnr false_positives false_negatives false_positive_rate false_negative_rate
    toxicity toxic_frac hallucination_rate refusal_rate demographic_parity_difference equalized_odds_difference
    latency latency_ms latency_seconds latency_in_seconds
  `),
);

/** What harnesses write beside their results. */
const notes = new Set(
  words(`
    epoch step global_step max_steps num_train_epochs total_flos samples runtime samples_per_second steps_per_second
    total_time_in_seconds model_preparation_time learning_rate grad_norm
    example_count mean_on_target sum_on_target token_count
    num_references num_train_trials num_prompt_tokens num_completion_tokens num_output_tokens num_perplexity_tokens
    num_bytes num_instances num_train_instances num_candidates training_co2_cost training_energy_cost inference_runtime
    inference_denoised_runtime inference_idealized_runtime batch_size prompt_truncated max_prob
    finish_reason_length finish_reason_stop finish_reason_endoftext finish_reason_unknown finish_reason_content_filter
    stderr bootstrap_stderr bootstrap_std boostrap_std std stddev var variance count num_samples n
  `),
);

/** The part of a data set that a name begins with, in Hugging Face's trainer and many scripts. */
const prefixPattern = /^(?:eval|test|predict|train|val|valid|validation)_/;

/**
 * Says whether more is better, by a metric's name.
 *
 * Only for files that do not say so themselves. Spelling does not matter, nor what stands behind `@` or a slash
 * (`exact_match@5`, `toxicity/v1/mean`); a variance or a percentile of a metric has no direction of its own.
 */
export function knownDirection(metric: string): KnownDirection {
  const [name = "", ...parts] = metric.toLowerCase().split("/");
  const aggregate = parts.at(-1);
  if (aggregate !== undefined && !/^(?:v[0-9]+|mean)$/.test(aggregate)) {
    return /^(?:variance|std|p[0-9]+|median|count)$/.test(aggregate) ? "none" : undefined;
  }
  const plain = (name.split("@")[0] ?? "").replaceAll(/[^a-z0-9]+/g, "_").replace(prefixPattern, "");
  return lookUp(plain) ?? lookUp(plain.replace(/_score$/, "")) ?? lookUp(plain.replace(/_(?:at_)?[0-9]{1,4}$/, ""));
}

function lookUp(name: string): KnownDirection {
  if (higher.has(name)) return "higher";
  if (lower.has(name)) return "lower";
  return notes.has(name) || /(?:^|_)mem_(?:cpu|gpu)_/.test(name) ? "none" : undefined;
}
