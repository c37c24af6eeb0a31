import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FakeAnswer } from "./fake-server.ts";

export const hubCommit = "0123456789abcdef0123456789abcdef01234567";

const card = `---
license: apache-2.0
base_model: org/base
datasets: [org/data]
model-index:
- name: tiny
  results:
  - task: {type: text-classification}
    dataset: {name: glue, type: glue, config: sst2, split: validation, revision: "1"}
    metrics:
    - {type: accuracy, value: 0.75}
---
# Tiny

## Intended use
Tests.
`;

/** The files of a model on the hub. */
export const hubFiles: Readonly<Record<string, string>> = {
  "README.md": card,
  "config.json": "{}",
  "onnx/model.bin": "weights",
};

/** The hub's answers for `org/tiny`, at `main` and at the tag `v1.0`. */
export function hubAnswers(): Map<string, FakeAnswer> {
  const siblings = Object.entries({ ".gitattributes": "x", ...hubFiles }).map(([rfilename, content]) => ({
    rfilename,
    size: content.length,
  }));
  const info = { id: "org/tiny", sha: hubCommit, siblings };
  return new Map<string, FakeAnswer>([
    ...["main", "v1.0", hubCommit].map((name): [string, FakeAnswer] => [`/api/models/org/tiny/revision/${name}`, info]),
    ...Object.entries(hubFiles).map(([path, body]): [string, FakeAnswer] => [
      `/org/tiny/resolve/${hubCommit}/${path}`,
      { status: 200, body },
    ]),
  ]);
}

/**
 * Lays out a cache as huggingface_hub does: blobs, and a snapshot of symlinks. @returns the model's directory in it.
 */
export async function writeHubCache(cache: string): Promise<string> {
  const repository = join(cache, "models--org--tiny");
  const snapshot = join(repository, "snapshots", hubCommit);
  await mkdir(join(repository, "blobs"), { recursive: true });
  await mkdir(join(repository, "refs"));
  await writeFile(join(repository, "refs", "main"), hubCommit);
  for (const [index, [path, content]] of Object.entries(hubFiles).entries()) {
    const depth = path.split("/").length + 1;
    await mkdir(join(snapshot, path, ".."), { recursive: true });
    await writeFile(join(repository, "blobs", `b${index}`), content);
    await symlink(`${"../".repeat(depth)}blobs/b${index}`, join(snapshot, path));
  }
  return repository;
}
