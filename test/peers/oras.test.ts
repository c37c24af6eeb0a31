import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectAt, succeed } from "../support/cli/project.ts";
import { Workspace } from "../support/cli/workspace.ts";
import { onRegistries } from "./support/on-registries.ts";
import { need } from "./support/peers.ts";
import { runOk } from "./support/run.ts";
import { treeOf } from "./support/tree.ts";

interface Discovered {
  readonly digest: string;
  readonly artifactType: string;
  readonly referrers?: readonly Discovered[];
}

/** Artifact types that `oras discover` shows below a reference, at any depth. */
async function discover(oras: string, args: readonly string[]): Promise<string[]> {
  const root = JSON.parse(await runOk(oras, ["discover", "--format", "json", ...args])) as Discovered;
  const types = (nodes: readonly Discovered[] = []): string[] =>
    nodes.flatMap((node) => [node.artifactType, ...types(node.referrers)]);
  return types(root.referrers);
}

const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
const emptyType = "application/vnd.oci.empty.v1+json";
const evidenceType = "application/vnd.mreg.evidence.v1+json";

describe("oras and a registry", () => {
  onRegistries((host, name) => {
    let project: Workspace;
    let registry: string;
    beforeAll(async () => {
      registry = `${host()}/oras`;
      project = await projectAt("evidenced", registry);
    });
    afterAll(() => project.remove());

    test("oras pull gives the tree that was pushed", async (context) => {
      const oras = need(context, "oras");
      await runOk(oras, ["pull", "--plain-http", "-o", project.path("by-oras"), `${registry}/risk:v1`]);
      expect(await treeOf(project.path("by-oras"))).toEqual(await treeOf(project.path("model")));
    });

    test("oras discover shows every statement and every evidence manifest", async (context) => {
      const oras = need(context, "oras");
      const types = await discover(oras, ["--plain-http", `${registry}/risk:v1`]);
      // zot 1.4 gives the type of the config, which is the empty one, as the drafts had it; oras shows that.
      if (name === "zot-1.4")
        return expect(types.filter((type) => type === emptyType).length).toBeGreaterThanOrEqual(8);
      // One signature and four statements; card, lineage, eval and scan bring their files.
      expect(types.filter((type) => type === bundleType)).toHaveLength(5);
      expect(types.filter((type) => type === evidenceType).length).toBeGreaterThanOrEqual(3);
    });

    test("mreg pulls an artifact that oras pushed", async (context) => {
      const oras = need(context, "oras");
      const other = new Workspace();
      try {
        mkdirSync(other.path("in", "nested"), { recursive: true });
        writeFileSync(other.path("in", "weights.bin"), "weights");
        writeFileSync(other.path("in", "nested", "notes.txt"), "notes");
        const files = ["weights.bin:application/octet-stream", "nested/notes.txt:text/plain"];
        const push = [
          "push",
          "--plain-http",
          "--artifact-type",
          "application/vnd.example.v1",
          `${registry}/foreign:v1`,
        ];
        await runOk(oras, [...push, ...files], { cwd: other.path("in") });
        const pull = ["--registry", registry, "pull", "foreign:v1", "-o", "out"];
        succeed("pull foreign:v1", await other.mreg(pull));
        expect(await treeOf(other.path("out"))).toEqual(await treeOf(other.path("in")));
      } finally {
        other.remove();
      }
    });
  });
});

describe("the embedded store, read by others", () => {
  let project: Workspace;
  beforeAll(async () => {
    project = await projectAt("evidenced");
  });
  afterAll(() => project.remove());

  test("oras pulls from the layout and discovers its referrers", async (context) => {
    const oras = need(context, "oras");
    const layout = `${project.path("store", "risk")}:v1`;
    await runOk(oras, ["pull", "--oci-layout", "-o", project.path("by-oras"), layout]);
    expect(await treeOf(project.path("by-oras"))).toEqual(await treeOf(project.path("model")));
    expect(await discover(oras, ["--oci-layout", layout])).toContain(bundleType);
  });

  test("skopeo reads the manifest byte for byte", async (context) => {
    const skopeo = need(context, "skopeo");
    const raw = await runOk(skopeo, ["inspect", "--raw", `oci:${project.path("store", "risk")}:v1`]);
    writeFileSync(project.path("raw.json"), raw);
    const digest = await runOk(skopeo, ["manifest-digest", project.path("raw.json")]);
    const resolved = succeed("resolve", await project.mreg(["--registry", "oci:./store", "resolve", "risk:v1"]));
    expect(resolved.stdout).toContain(digest.trim());
  });
});

describe("the embedded store, pushed by crane", () => {
  onRegistries(
    (host) => {
      test("crane push of the layout makes every manifest of it available under its digest", async (context) => {
        const crane = need(context, "crane");
        const project = await projectAt("pushed");
        try {
          const target = `${host()}/crane/risk`;
          await runOk(crane, ["push", "--insecure", "--index", project.path("store", "risk"), `${target}:all`]);
          const resolved = succeed("resolve", await project.mreg(["--registry", "oci:./store", "resolve", "risk:v1"]));
          const digest = /sha256:[0-9a-f]{64}/.exec(resolved.stdout)?.[0] ?? "";
          const served = JSON.parse(await runOk(crane, ["manifest", "--insecure", `${target}@${digest}`])) as object;
          expect(served).toHaveProperty("artifactType", "application/vnd.cncf.model.manifest.v1+json");
        } finally {
          project.remove();
        }
      });
    },
    { names: ["olareg"] },
  );
});
