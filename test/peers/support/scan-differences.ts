import type { ScanVerdict } from "../../../src/evidence/scan/verdict.ts";

export type Scanner = "picklescan" | "modelscan" | "fickling";

/** What a scanner says, in our words; `error` when it could not say. */
export type PeerVerdict = "safe" | "suspicious" | "dangerous" | "error";

/** Files of the corpus of which a scanner says something else than mreg does, and why both say what they say. */
export interface Difference {
  readonly scanner: Scanner;
  readonly says: PeerVerdict;
  readonly mreg: ScanVerdict;
  readonly files: readonly string[] | RegExp;
  readonly why: string;
}

const words = (text: string) => text.trim().split(/\s+/);
const archive = /^(?:torch|object|array|float|longer|escaped|seven|keras|tf-|.*joblib)/;

/** Entries must keep differing: a scanner that has changed its mind is news, and so is a file that is judged anew. */
export const differences: readonly Difference[] = [
  {
    scanner: "picklescan",
    says: "suspicious",
    mreg: "safe",
    files: words(`protocol0.pkl protocol1.pkl protocol2.pkl protocol3.pkl sklearn-linear.pkl sklearn-forest.pkl
      sklearn-words.pkl array.pkl`),
    why: "it knows few harmless globals: neither _codecs.encode and sets, nor scikit-learn and NumPy's random state",
  },
  {
    scanner: "picklescan",
    says: "error",
    mreg: "safe",
    files: words("sklearn-linear.joblib sklearn-forest.joblib sklearn-words.joblib object-array.joblib"),
    why: "it takes the bytes of joblib's arrays for opcodes",
  },
  {
    scanner: "picklescan",
    says: "error",
    mreg: "dangerous",
    files: ["after-array.joblib"],
    why: "it takes the bytes of joblib's arrays for opcodes, and does not come to the pickle behind them",
  },
  {
    scanner: "picklescan",
    says: "safe",
    mreg: "suspicious",
    files: words(`ext.pkl after-stop.pkl proto-late.pkl torch-code.pt torch-trailing.pt torch-crc-good.pt longer.npy`),
    why: "it looks for globals only: not at extension codes, trailing bytes, code in archives or wrong checksums",
  },
  {
    scanner: "picklescan",
    says: "safe",
    mreg: "dangerous",
    files: words("build-on-global.pkl after-junk.pkl torch-nested.pt legacy-trailing.pt"),
    why: "it sees neither BUILD on a class, nor pickles behind other bytes, nor archives in archives",
  },
  {
    scanner: "picklescan",
    says: "suspicious",
    mreg: "dangerous",
    files: /^(?:dotted|bypass(?:46|47|48|55|56|57|58|59|61))/,
    why: "these modules are not in its list of what is bad; nothing is decided by that",
  },
  {
    scanner: "picklescan",
    says: "safe",
    mreg: "unscannable",
    files: words("broken.pkl torch-local-gone.pt bz2.joblib"),
    why: "it finds no global in what it cannot read, and calls that clean",
  },
  {
    scanner: "picklescan",
    says: "error",
    mreg: "unscannable",
    files: words("torch-no-directory.pt seven.7z"),
    why: "the same, in other words",
  },
  {
    scanner: "picklescan",
    says: "dangerous",
    mreg: "unscannable",
    files: ["escaped.npy"],
    why: "a header that is not written as NumPy does is not read; the scan fails either way",
  },
  {
    scanner: "modelscan",
    says: "safe",
    mreg: "dangerous",
    files: /^(?:bypass|dotted|build-on-global|torch-unnamed|legacy-|cloudpickle)/,
    why: "what is not in its list of bad operators passes: nearly all published bypasses of picklescan do",
  },
  {
    scanner: "modelscan",
    says: "safe",
    mreg: "suspicious",
    files: words("ext.pkl unknown-module.pkl proto-late.pkl torch-code.pt torch-trailing.pt"),
    why: "what is not in its list of bad operators passes, and it looks at nothing else",
  },
  {
    scanner: "modelscan",
    says: "error",
    mreg: "dangerous",
    files: words(`unknown-memo.pkl truncated.pkl broken-after.pkl after-junk.pkl no-extension
      wrong-extension.safetensors magic-bypass.pt torch-nested.pt torch-prefixed.pt torch-crc.pt torch-flag0x1.pt
      torch-flag0x20.pt torch-flag0x40.pt torch-local-name.pt objects.npy objects.npz after-array.joblib`),
    why: "it gives up on broken files and strict zip readers do on broken archives; NumPy support is not installed",
  },
  {
    scanner: "modelscan",
    says: "error",
    mreg: "safe",
    files: words(`floats.npy arrays.npz sklearn-linear.joblib sklearn-forest.joblib sklearn-words.joblib
      compressed.joblib object-array.joblib`),
    why: "it does not know arrays of NumPy and joblib",
  },
  {
    scanner: "modelscan",
    says: "error",
    mreg: "suspicious",
    files: words("after-stop.pkl torch-crc-good.pt longer.npy"),
    why: "it could not read them to their end",
  },
  {
    scanner: "modelscan",
    says: "error",
    mreg: "unscannable",
    files: words("broken.pkl torch-local-gone.pt torch-no-directory.pt seven.7z escaped.npy bz2.joblib"),
    why: "the same, in other words",
  },
  {
    scanner: "picklescan",
    says: "safe",
    mreg: "dangerous",
    files: words(`keras-lambda.keras keras-lambda.h5 keras-link.h5 keras-external.h5 keras-pytables.h5
      tf-write/saved_model.pb`),
    why: "it looks for pickles, and HDF5 and TensorFlow's graphs are none",
  },
  {
    scanner: "modelscan",
    says: "error",
    mreg: "safe",
    files: words("keras-plain.keras keras-many.h5 keras-heap.h5 tf-plain/saved_model.pb"),
    why: "it reads archives of Keras and graphs with TensorFlow, which is not installed, and HDF5 with a configuration only",
  },
  {
    scanner: "modelscan",
    says: "error",
    mreg: "dangerous",
    files: words(`keras-lambda.keras keras-link.h5 keras-external.h5 keras-pytables.h5 tf-write/saved_model.pb`),
    why: "the same",
  },
  {
    scanner: "fickling",
    says: "dangerous",
    mreg: "safe",
    files: words(`protocol1.pkl protocol2.pkl many-gets.pkl legacy.pt sklearn-linear.pkl sklearn-forest.pkl
      sklearn-words.pkl array.pkl`),
    why: "it calls every import from outside the standard library dangerous, and sets of protocol 1 and 2",
  },
  {
    scanner: "fickling",
    says: "suspicious",
    mreg: "safe",
    files: words("protocol3.pkl protocol4.pkl protocol5.pkl"),
    why: "it suspects values that are made and not used",
  },
  {
    scanner: "fickling",
    says: "dangerous",
    mreg: "suspicious",
    files: words("unknown-module.pkl proto-late.pkl"),
    why: "it calls every import from outside the standard library dangerous; for mreg the scan warns",
  },
  {
    scanner: "fickling",
    says: "safe",
    mreg: "dangerous",
    files: words("build-on-global.pkl after-junk.pkl"),
    why: "it does not look at what BUILD is applied to, and stops at bytes that are no pickle",
  },
  ...(["dangerous", "safe", "suspicious", "unscannable"] as const).map((mreg): Difference => {
    return {
      scanner: "fickling",
      says: "error",
      mreg,
      files: archive,
      why: "it reads pickles, and no archives or arrays",
    };
  }),
  {
    scanner: "fickling",
    says: "error",
    mreg: "dangerous",
    files: words("truncated.pkl broken-after.pkl"),
    why: "it says nothing about pickles that break, although they run up to there",
  },
  {
    scanner: "fickling",
    says: "error",
    mreg: "safe",
    files: words("protocol0.pkl persid.pkl"),
    why: "it does not implement all opcodes of protocol 0",
  },
  {
    scanner: "fickling",
    says: "error",
    mreg: "suspicious",
    files: words("ext.pkl after-stop.pkl"),
    why: "it implements no extension codes, and fails at bytes behind STOP",
  },
  {
    scanner: "fickling",
    says: "error",
    mreg: "unscannable",
    files: ["broken.pkl"],
    why: "the same, in other words",
  },
];
