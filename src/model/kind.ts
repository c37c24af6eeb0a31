import type { FileKind } from "./media-types.ts";

/** What kind a file is, by patterns on its lower-case base name; the first match decides. */
const rules: readonly (readonly [kind: FileKind, pattern: RegExp])[] = [
  ["doc", /^(?:readme|license|licence|notice|copying|authors|changelog|model_?card)(?:\.|$)/],
  ["code", /^(?:requirements.*\.txt|dockerfile|makefile)$/],
  // Before the weights: sentencepiece models and fast tokenizers share extensions with them.
  ["weight.config", /^(?:tokenizer|vocab|merges|spiece|sentencepiece)(?:[._-].*)?\.(?!bin$|pkl$)[a-z0-9]+$/],
  ["weight.config", /\.(?:json|jsonl|jinja|jinja2|model|yaml|yml|toml|ini|cfg|conf|txt|csv|tsv|tiktoken|vocab|spm)$/],
  ["weight.config", /^(?:modelfile|mlmodel|registered_model_meta)$/],
  ["doc", /\.(?:md|markdown|rst|adoc|pdf|html|bib|png|jpg|jpeg|gif|svg|webp)$/],
  ["code", /\.(?:py|pyi|ipynb|sh|bash|js|mjs|ts|c|cc|cpp|cu|cuh|h|hpp|rs|go|java|r|jl|lua|lock|cmake|proto|metal|mk)$/],
];

/**
 * Tells a file's kind by its name.
 *
 * Whatever no rule knows counts as weights: they are what scans and gates look at, so that a pickle under an unusual
 * name is examined, too. Datasets are packed as such only when the caller names them.
 *
 * @param path - relative, with slashes.
 */
export function fileKind(path: string): FileKind {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return rules.find(([, pattern]) => pattern.test(name))?.[0] ?? "weight";
}
