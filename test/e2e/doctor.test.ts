import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectAt } from "../support/cli/project.ts";
import { Workspace } from "../support/cli/workspace.ts";
import { type RegistryOptions, type RunningRegistry, startRegistry } from "../support/registry/index.ts";
import { readTree } from "../support/scratch.ts";

const schema = JSON.parse(readFileSync(new URL("../../schemas/cli/doctor.json", import.meta.url), "utf8"));
const validate = new Ajv2020({ strict: false }).compile(schema);

describe("mreg doctor", () => {
  let workspace: Workspace;
  let registry: RunningRegistry | undefined;
  beforeEach(() => {
    workspace = new Workspace();
  });
  afterEach(async () => {
    workspace.remove();
    await registry?.close();
    registry = undefined;
  });

  const start = async (options: RegistryOptions = {}) => {
    registry = await startRegistry(options);
    return registry;
  };

  const doctor = async (...args: readonly string[]) => {
    const run = await workspace.mreg(["doctor", ...args, "--format", "json"]);
    expect(run, run.stderr).toMatchObject({ exitCode: 0 });
    const document = JSON.parse(run.stdout);
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    const answers = document.findings.map(({ probe, answer }: { probe: string; answer: string }) => [probe, answer]);
    return { document, answers: Object.fromEntries(answers), stderr: run.stderr };
  };

  it("says what a registry can do, where it writes, and what it leaves", async () => {
    const { host, state } = await start();
    const { document, answers, stderr } = await doctor(host);
    expect(document).toMatchObject({ registry: host, works: true });
    expect(Object.keys(answers)).toHaveLength(17);
    expect(answers).toMatchObject({ referrersApi: "yes", ranges: "yes", conditionalWrites: "no", immutableTags: "no" });
    expect(document.repository).toMatch(/^mreg-doctor\/[0-9a-f]{8}$/);
    expect(stderr).toContain(`writing to ${host}/${document.repository}`);
    expect(document.left).toEqual([`the empty repositories ${document.repository} and ${document.repository}-mount`]);
    for (const { blobs, manifests, tags } of state.repositories.values())
      expect([blobs.size, manifests.size, tags.size]).toEqual([0, 0, 0]);
  });

  it("says in one line each what follows, and what it had to leave", async () => {
    const { host } = await start({ referrers: "tag", noDelete: true, noRange: true });
    const { exitCode, stdout } = await workspace.mreg(["doctor", host, "--probe-repository", "team/try"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("mreg's whole job works here");
    expect(stdout).toMatch(/^– referrers API +the list is kept under a tag/m);
    expect(stdout).toMatch(/^– ranges +a download that breaks off starts over/m);
    expect(stdout).toMatch(/^ {2}tag probe$/m);
  });

  it("works for the embedded store, and leaves no file of the probe", async () => {
    const { document, answers } = await doctor("oci:./store");
    expect(document.works).toBe(true);
    expect(answers).toMatchObject({ push: "yes", referrers: "yes", sha512: "yes", delete: "yes" });
    expect(answers).not.toHaveProperty("ranges");
    expect(existsSync(workspace.path("store", document.repository, "index.json"))).toBe(true);
    const list = await workspace.mreg(["list", "--registry", "oci:./store", "--format", "json"]);
    expect(JSON.parse(list.stdout).models).toEqual([]);
  });

  it("shows what the registry asks for, and uses the credentials given", async () => {
    const { host } = await start({ auth: { kind: "bearer", username: "ann", password: "secret" } });
    const run = await workspace.mreg(["doctor", host, "-u", "ann", "--password-stdin"], { input: "secret" });
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.stdout).toMatch(/^✓ authentication .*\(bearer\)$/m);
    expect(run.stdout + run.stderr).not.toContain("secret");
  });

  it("ends with 8 where nobody answers, with 6 where it may not write, and says nothing on stdout", async () => {
    expect(await workspace.mreg(["doctor", "127.0.0.1:1"])).toMatchObject({ exitCode: 8, stdout: "" });
    const { host } = await start({ auth: { kind: "basic", username: "ann", password: "secret" } });
    expect(await workspace.mreg(["doctor", host])).toMatchObject({ exitCode: 6, stdout: "" });
    registry?.addFault({ route: "upload.post", times: Infinity, action: { kind: "answer", status: 403 } });
    const run = await workspace.mreg(["doctor", host, "-u", "ann", "-p", "secret"]);
    expect(run).toMatchObject({ exitCode: 6, stdout: "" });
  });

  it("ends with 2 where attachments cannot be found, and says so", async () => {
    const { host } = await start({
      faults: [{ route: "referrers", times: Infinity, action: { kind: "answer", status: 403 } }],
    });
    const run = await workspace.mreg(["doctor", host]);
    expect(run.exitCode).toBe(2);
    expect(run.stdout).toContain("mreg's whole job does not work here");
    expect(run.stdout).toMatch(/^– attachments +evidence cannot be found here/m);
  });
});

describe("mreg doctor --store", () => {
  const storeSchema = JSON.parse(readFileSync(new URL("../../schemas/cli/doctor-store.json", import.meta.url), "utf8"));
  const isValid = new Ajv2020({ strict: false }).compile(storeSchema);
  let project: Workspace;
  beforeEach(async () => {
    project = await projectAt("serving");
  });
  afterEach(() => project.remove());

  it("finds the embedded store of a whole job whole, and writes nothing", async () => {
    const before = await readTree(project.path("store"));
    const run = await project.mreg(["doctor", "--store", "oci:./store", "--format", "json"]);
    expect(run, run.stderr).toMatchObject({ exitCode: 0 });
    const document = JSON.parse(run.stdout);
    expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true);
    expect(document.repositories).toMatchObject([{ name: "risk", problems: [] }]);
    expect(document.repositories[0].manifests).toBeGreaterThan(10);
    expect(await readTree(project.path("store"))).toEqual(before);
  });

  it("ends with 4 and names what is damaged", async () => {
    const resolved = JSON.parse((await project.mreg(["inspect", "risk:v1", "--format", "json"])).stdout);
    const { digest } = resolved.files.find(({ path }: { path: string }) => path.endsWith(".safetensors"));
    const path = project.path("store", "risk", "blobs", "sha256", digest.slice("sha256:".length));
    const bytes = readFileSync(path);
    bytes[bytes.byteLength - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const run = await project.mreg(["doctor", "--store"]);
    expect(run.exitCode).toBe(4);
    expect(run.stdout).toMatch(
      new RegExp(`^damaged +risk .*\\n {2}DIGEST_MISMATCH {2}${digest}, named by sha256:`, "m"),
    );
  });
});
