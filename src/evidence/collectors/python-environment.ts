import { basename, join } from "node:path";
import { digestHex, digestOf } from "../../base/digest.ts";
import { lockFileLimitBytes } from "../limits.ts";
import { redactSecrets } from "../redaction.ts";
import type { Collector, Finding } from "./finding.ts";
import { readSmallFile } from "./small-file.ts";

/** Lock files, the most exact first; of each directory the first one found is taken. */
const names = [
  "uv.lock",
  "poetry.lock",
  "pdm.lock",
  "conda-lock.yml",
  "requirements.txt",
  "environment.yml",
  "environment.yaml",
] as const;

/** Packages whose versions people ask for first; all others are in the file that is named by digest. */
const frameworks = new Set([
  ...["accelerate", "catboost", "datasets", "flax", "jax", "keras", "lightgbm", "numpy", "onnx", "pandas", "peft"],
  ...["python", "scikit-learn", "tensorflow", "tokenizers", "torch", "transformers", "trl", "vllm", "xgboost"],
]);

/** What Python packages a model was made with, by the lock file that lies about. */
export const pythonEnvironmentCollector: Collector = {
  name: "python",
  collect: async ({ directories }) => {
    for (const directory of directories) {
      for (const name of names) {
        const bytes = await readSmallFile(join(directory, name), lockFileLimitBytes);
        if (bytes) return [findingOf(join(directory, name), bytes)];
      }
    }
    return [];
  },
};

function findingOf(path: string, bytes: Uint8Array): Finding {
  const source = basename(path);
  const text = Buffer.from(bytes).toString("utf8");
  const packages = Object.fromEntries([...pinned(text)].filter(([name]) => frameworks.has(name)));
  // A digest of a file with a short secret in it would let one find the secret by trying.
  const { isRedacted } = redactSecrets(text);
  const digest = isRedacted ? undefined : { sha256: digestHex(digestOf(bytes)) };
  return {
    source,
    facts: {
      ...(Object.keys(packages).length > 0 ? { environment: { packages } } : {}),
      materials: [{ name: "environment", uri: source, digest }],
    },
  };
}

/** `name==version` and `- name=version` lines, and `name`/`version` pairs of TOML locks, line by line. */
function* pinned(text: string): Generator<readonly [name: string, version: string]> {
  let name: string | undefined;
  for (const line of text.split("\n")) {
    if (line.length > 1_000) continue;
    const pin = /^\s{0,8}(?:- )?([A-Za-z0-9._-]{1,100})={1,2}([0-9][A-Za-z0-9.+!_-]{0,50})/.exec(line);
    if (pin) yield [normal(pin[1]), pin[2] ?? ""];
    const field = /^\s{0,4}(?:- )?(name|version)(?: = "|: )([^"\s]{1,100})"?$/.exec(line.trimEnd());
    if (field?.[1] === "name") name = normal(field[2]);
    if (field?.[1] === "version" && name !== undefined) {
      yield [name, field[2] ?? ""];
      name = undefined;
    }
  }
}

/** Names of packages compare without case, and with `-`, `_` and `.` alike (PEP 503). */
function normal(name = ""): string {
  return name.toLowerCase().replaceAll(/[._-]{1,10}/g, "-");
}
