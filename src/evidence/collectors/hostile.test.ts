import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { mutations } from "../../../test/support/mutations.ts";
import { scratchDirectory } from "../../../test/support/scratch.ts";
import { draftLineage } from "../lineage/draft-lineage.ts";
import { Provenance } from "../predicates/provenance.ts";
import { gitCollector } from "./git.ts";

const fixtures = join(import.meta.dirname, "../../../test/fixtures/lineage");
const overrides = { run: "r", commit: "a".repeat(40), datasets: ["loans=1"] };

/** Files that collectors look for, with something of everything in them. */
const own: Readonly<Record<string, string>> = {
  "adapter_config.json": '{"base_model_name_or_path":"example/base","revision":"main"}',
  "trainer_state.json": '{"num_train_epochs":3,"max_steps":12,"trial_params":{"a":[1]}}',
  "README.md": "---\nbase_model: example/base\ndatasets: [example/loans]\n---\n# Card\n",
  "uv.lock": '[[package]]\nname = "torch"\nversion = "2.9.0"\n',
};

async function everything(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>(Object.entries(own).map(([path, text]) => [path, Buffer.from(text)]));
  for (const kind of ["dvc", "mlflow", "wandb"]) {
    for (const entry of await readdir(join(fixtures, kind), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(join(fixtures, kind).length + 1), await readFile(path));
    }
  }
  return files;
}

/** Collects, and holds what comes out against its schema. No error may come of what merely lies around. */
async function collected(root: string) {
  const { draft } = await draftLineage({ place: { directories: [root], env: {} }, overrides });
  return Provenance.parse(draft?.predicate);
}

const git: Readonly<Record<string, string>> = {
  HEAD: "ref: refs/heads/main\n",
  "packed-refs": `# pack-refs\n${"b".repeat(40)} refs/heads/main\n`,
  config: '[remote "origin"]\n\turl = git@git.example.com:risk/train.git\n',
};

describe("collectors: whatever the files hold", () => {
  it("end in a valid statement of what the user says, whichever file is damaged", async () => {
    const root = await scratchDirectory();
    const files = await everything();
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), bytes);
    }
    const whole = await collected(root);
    expect(whole.runDetails.metadata?.invocationId).toBe("r");
    for (const [path, bytes] of files) {
      for (const damaged of mutations(bytes, 4)) {
        await writeFile(join(root, path), damaged);
        const { runDetails } = await collected(root);
        expect(runDetails.metadata?.invocationId, path).toBe("r");
      }
      await writeFile(join(root, path), bytes);
    }
    expect(await collected(root)).toEqual(whole);
  });

  it("reads a repository, or nothing of it, whichever of its files is damaged", async () => {
    const root = await scratchDirectory();
    await mkdir(join(root, ".git"));
    const write = (name: string, bytes: string | Uint8Array) => writeFile(join(root, ".git", name), bytes);
    for (const [name, text] of Object.entries(git)) await write(name, text);
    const place = { directories: [root], env: {} };
    const [whole] = await gitCollector.collect(place);
    expect(whole?.facts.code).toMatchObject({
      commit: "b".repeat(40),
      repo: "ssh://git@git.example.com/risk/train.git",
    });
    for (const [name, text] of Object.entries(git)) {
      for (const damaged of mutations(Buffer.from(text), 8)) {
        await write(name, damaged);
        const commit = (await gitCollector.collect(place))[0]?.facts.code?.commit;
        expect(commit ?? "a".repeat(40)).toMatch(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
      }
      await write(name, text);
    }
  });

  it.each([
    ["dvc.lock", "stages: {a: {deps: [{path: x, md5: 1}], params: [1], outs: 3}, b: 4}"],
    ["dvc.lock", `stages: ${"[".repeat(10_000)}`],
    ["dvc.lock", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nstages: {x: {deps: *c}}"],
    ["dvc.lock", "stages: {__proto__: {deps: [{path: __proto__, md5: d41d8cd98f00b204e9800998ecf8427e}]}}"],
    ["adapter_config.json", '{"base_model_name_or_path":{"a":1},"revision":[]}'],
    ["trainer_state.json", `{"trial_params":${'{"a":'.repeat(60)}1${"}".repeat(60)}}`],
    ["README.md", "---\nbase_model: {a: 1}\ndatasets: 7\n---\n"],
    ["README.md", "---\nnever ends"],
    ["uv.lock", `${"a".repeat(2_000_000)}\n`],
    ["wandb/run-20261017_060000-x/files/config.yaml", "a: {value: {value: {value: 1}}}\n? [1]\n: 2"],
    ["wandb/run-20261017_060000-x/files/wandb-metadata.json", '{"git":"x","startedAt":9,"program":[1]}'],
    [".git", "gitdir: /nonexistent\n"],
    [".git/HEAD", `ref: refs/heads/${"a/".repeat(5_000)}`],
  ])("%s: %.40s", async (path, text) => {
    const root = await scratchDirectory();
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    expect((await collected(root)).runDetails.metadata?.invocationId).toBe("r");
    expect(({} as Record<string, unknown>)["deps"]).toBeUndefined();
  });
});
