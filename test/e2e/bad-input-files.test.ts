import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectAt } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";

/** Files on the user's own disk that must not become a model: exit 2, a reason, and nothing in the store. */
describe("push refuses", () => {
  let project: Workspace;
  beforeEach(async () => {
    project = await projectAt("keys");
  });
  afterEach(() => project.remove());

  interface Case {
    readonly what: string;
    readonly prepare?: (project: Workspace) => void;
    readonly path: string;
    readonly code: string;
    readonly says: RegExp;
  }

  const cases: readonly Case[] = [
    { what: "a path that does not exist", path: "nowhere", code: "FILE_MISSING", says: /nowhere/ },
    {
      what: "an empty directory",
      prepare: (p) => mkdirSync(p.path("empty")),
      path: "empty",
      code: "FILE_MISSING",
      says: /empty/,
    },
    {
      what: "a symlink that leads out of the directory",
      prepare: (p) => symlinkSync(p.path("alice.key"), p.path("model", "leak.json")),
      path: "model",
      code: "PATH_ESCAPE",
      says: /leak\.json/,
    },
    {
      what: "two paths equal but for case",
      prepare: (p) => copyFileSync(p.path("model", "config.json"), p.path("model", "CONFIG.json")),
      path: "model",
      code: "CONFIG_INVALID",
      says: /CONFIG\.json.*config\.json|config\.json.*CONFIG\.json/,
    },
    {
      what: "a safetensors file cut within its header",
      prepare: (p) => truncateSync(p.path("model", "model.safetensors"), 20),
      path: "model",
      code: "UNSAFE_FORMAT",
      says: /model\.safetensors/,
    },
    {
      what: "a safetensors header that claims 2^60 bytes",
      prepare: (p) => writeHeaderLength(p.path("model", "model.safetensors"), 2n ** 60n),
      path: "model",
      code: "UNSAFE_FORMAT",
      says: /1152921504606846976/,
    },
  ];

  it.each(cases)("$what", async ({ prepare, path, code, says }) => {
    prepare?.(project);
    const run = await project.mreg(["--registry", "oci:./store", "--format", "json", "push", "risk", path]);
    expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode: 2, stdout: "" });
    const error = JSON.parse(run.stderr.trim().split("\n").at(-1) ?? "") as { code: string; message: string };
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
    expect(existsSync(project.path("store", "risk"))).toBe(false);
  });
});

function writeHeaderLength(path: string, length: bigint): void {
  const bytes = readFileSync(path);
  bytes.writeBigUInt64LE(length, 0);
  writeFileSync(path, bytes);
}

describe("a store on disk that was tampered with", () => {
  let project: Workspace;
  beforeEach(async () => {
    project = await projectAt("serving");
  });
  afterEach(() => project.remove());

  const blob = (digest: string) => project.path("store", "risk", "blobs", "sha256", digest.slice("sha256:".length));
  const json = async (...args: string[]) => JSON.parse((await project.mreg([...args, "--format", "json"])).stdout);

  it("pull: bytes that do not match their digest end with 4, and no file appears under its name", async () => {
    const { files } = await json("inspect", "risk:v1");
    const weights = files.find(({ path }: { path: string }) => path === "model.safetensors");
    const bytes = readFileSync(blob(weights.digest));
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
    writeFileSync(blob(weights.digest), bytes);
    const run = await project.mreg(["pull", "risk:v1", "-o", "out"]);
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain("DIGEST_MISMATCH");
    expect(existsSync(project.path("out", "model.safetensors"))).toBe(false);
    expect(readdirSync(project.path("out")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("a chain with a missing link is broken for every reader", async () => {
    const index = JSON.parse(readFileSync(project.path("store", "risk", "index.json"), "utf8"));
    index.manifests = index.manifests.filter(
      (entry: { annotations?: Record<string, string> }) =>
        entry.annotations?.["org.opencontainers.image.ref.name"] !== "mreg-log-000001",
    );
    writeFileSync(project.path("store", "risk", "index.json"), JSON.stringify(index));
    for (const args of [
      ["log", "risk"],
      ["status", "risk"],
      ["verify", "risk:v1", "--state", "production"],
      ["resolve", "risk@production"],
    ]) {
      const run = await project.mreg(args);
      expect({ args, exitCode: run.exitCode, stdout: run.stdout }).toEqual({ args, exitCode: 4, stdout: "" });
      expect(run.stderr).toContain("CHAIN_BROKEN");
    }
  });

  it("a state whose evidence is gone no longer verifies, and is not handed out", async () => {
    const { entries } = await json("log", "risk");
    const { evidence } = entries.at(-1) as { readonly evidence: readonly { readonly digest: string }[] };
    const path = project.path("store", "risk", "index.json");
    const index = JSON.parse(readFileSync(path, "utf8"));
    index.manifests = index.manifests.filter((entry: { digest: string }) => entry.digest !== evidence[0]?.digest);
    writeFileSync(path, JSON.stringify(index));
    for (const args of [
      ["verify", "risk:v1", "--state", "production"],
      ["resolve", "risk@production"],
    ]) {
      const run = await project.mreg(args);
      expect({ args, exitCode: run.exitCode, stdout: run.stdout }).toEqual({ args, exitCode: 4, stdout: "" });
    }
  });

  it("a policy with an unknown key is refused before anything is read", async () => {
    const policy = readFileSync(project.path("mreg.policy.yaml"), "utf8");
    writeFileSync(project.path("mreg.policy.yaml"), `${policy}\nexceptoins: []\n`);
    const run = await project.mreg(["verify", "risk:v1", "--state", "production"]);
    expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(run.stderr).toMatch(/exceptoins.*\[POLICY_INVALID\]/s);
  });

  it("a signature by a key the policy does not know is named, and does not count", async () => {
    await project.mreg(["key", "generate", "mallory"]);
    await project.mreg(["push", "other", "model/config.json"]);
    await project.mreg(["sign", "other:v1", "--key", "mallory.key"]);
    const run = await project.mreg(["verify", "other:v1"]);
    expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode: 4, stdout: "" });
    expect(run.stderr).toContain("IDENTITY_MISMATCH");
  });

  it("a signature moved from another model's digest does not count", async () => {
    await project.mreg(["push", "risk:v2", "model/config.json"]);
    const run = await project.mreg(["verify", "risk:v2", "--key", "alice.pub"]);
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain("NO_SIGNATURE");
  });

  it("a production tag pushed by hand convinces nobody, and status shows it as forged", async () => {
    await project.mreg(["push", "risk:v2", "model/config.json"]);
    const { digest } = await json("resolve", "risk:v2");
    forgeTag(project, "v2-production", digest);
    const verify = await project.mreg(["verify", "risk:v2", "--state", "production"]);
    expect(verify.exitCode).toBe(4);
    const pull = await project.mreg(["pull", "risk:v2", "--require-state", "production", "-o", "out"]);
    expect(pull.exitCode).toBe(4);
    expect(existsSync(project.path("out"))).toBe(false);
    const status = await project.mreg(["status", "risk"]);
    expect(status.stdout).toMatch(/forged.*v2-production/);
  });
});

/** Writes a tag the way any other client would: straight into the layout. */
function forgeTag(project: Workspace, tag: string, digest: string): void {
  const path = project.path("store", "risk", "index.json");
  const index = JSON.parse(readFileSync(path, "utf8"));
  const entry = index.manifests.find((manifest: { digest: string }) => manifest.digest === digest);
  index.manifests.push({ ...entry, annotations: { "org.opencontainers.image.ref.name": tag } });
  writeFileSync(path, JSON.stringify(index));
}
