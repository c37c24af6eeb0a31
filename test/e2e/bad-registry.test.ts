import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeBigFile } from "../../scripts/tiny-model.ts";
import { projectAt } from "../support/cli/project.ts";
import type { Run, Workspace } from "../support/cli/workspace.ts";
import { type RegistryOptions, type RunningRegistry, startRegistry } from "../support/registry/index.ts";

/** Registries that are down, wrong, slow or hostile: the right exit code, nothing half-written, no secret shown. */
describe("a registry", () => {
  let project: Workspace;
  let registry: RunningRegistry | undefined;
  beforeEach(async () => {
    project = await projectAt("keys");
  });
  afterEach(async () => {
    project.remove();
    await registry?.close();
    registry = undefined;
  });

  const start = async (options: RegistryOptions = {}): Promise<RunningRegistry> => {
    registry = await startRegistry(options);
    return registry;
  };
  const failure = (run: Run): { code: string; exitCode: number; message: string } => {
    expect(run.stdout).toBe("");
    return JSON.parse(run.stderr.trim().split("\n").at(-1) ?? "");
  };

  const filesBelow = (directory: string): string[] =>
    existsSync(project.path(directory))
      ? readdirSync(project.path(directory), { recursive: true, encoding: "utf8" })
      : [];

  it("that is down: exit 8", async () => {
    const gone = await startRegistry();
    const { host } = gone;
    await gone.close();
    const run = await project.mreg(["pull", `${host}/risk:v1`, "-o", "out", "--format", "json"]);
    expect(failure(run)).toMatchObject({ code: "NETWORK", exitCode: 8 });
    expect(existsSync(project.path("out"))).toBe(false);
  });

  it("that answers HTML: exit 8", async () => {
    const faulty = await start();
    const { host } = faulty;
    const html = {
      kind: "answer",
      status: 200,
      headers: { "content-type": "text/html" },
      body: "<html>hello</html>",
    } as const;
    for (const route of ["manifest.get", "manifest.head"] as const)
      faulty.addFault({ route, action: html, times: Number.POSITIVE_INFINITY });
    const run = await project.mreg(["resolve", `${host}/risk:v1`, "--format", "json"]);
    expect(failure(run)).toMatchObject({ code: "BAD_RESPONSE", exitCode: 8 });
  });

  it("that refuses the password: exit 6, and the password is nowhere in the output", async () => {
    const { host } = await start({ auth: { kind: "basic", username: "alice", password: "right" } });
    const args = ["push", `${host}/risk`, "model", "-u", "alice", "--password-stdin", "--debug"];
    const run = await project.mreg(args, { input: "wr0ng-s3cret\n" });
    expect(run.exitCode).toBe(6);
    expect(run.stderr).toContain("UNAUTHORIZED");
    expect(run.stderr).not.toContain("wr0ng-s3cret");
    expect(run.stderr).not.toContain(Buffer.from("alice:wr0ng-s3cret").toString("base64"));
  });

  it("login stores only what the registry accepted, and the next command uses it", async () => {
    const { host } = await start({ auth: { kind: "bearer", username: "alice", password: "right" } });
    const login = (password: string) =>
      project.mreg(["login", host, "-u", "alice", "--password-stdin"], { input: password });
    expect((await login("wrong")).exitCode).toBe(6);
    expect(existsSync(project.path(".home", ".docker", "config.json"))).toBe(false);
    expect((await login("right")).exitCode).toBe(0);
    expect((await project.mreg(["push", `${host}/risk`, "model"])).exitCode).toBe(0);
  });

  it("whose blob does not match its digest: exit 4, and no file appears", async () => {
    const lossy = await start();
    const { host } = lossy;
    const pushed = JSON.parse((await project.mreg(["push", `${host}/risk`, "model", "--format", "json"])).stdout);
    const weights = pushed.files.find(({ path }: { path: string }) => path === "model.safetensors");
    lossy.corrupt("risk", weights.digest);
    const run = await project.mreg(["pull", `${host}/risk:v1`, "-o", "out", "--format", "json"]);
    expect(failure(run)).toMatchObject({ code: "DIGEST_MISMATCH", exitCode: 4 });
    expect(readdirSync(project.path("out"))).not.toContain("model.safetensors");
  });

  it("that sends a manifest above 4 MiB: exit 4, before reading it all", async () => {
    const faulty = await start();
    const { host } = faulty;
    const headers = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
    const body = `{"schemaVersion":2,"padding":"${"x".repeat(5 * 1024 * 1024)}"}`;
    for (const route of ["manifest.get", "manifest.head"] as const) {
      faulty.addFault({
        route,
        action: { kind: "answer", status: 200, headers, body },
        times: Number.POSITIVE_INFINITY,
      });
    }
    const run = await project.mreg(["pull", `${host}/risk:v1`, "-o", "out", "--format", "json"]);
    expect(failure(run)).toMatchObject({ code: "LIMIT_EXCEEDED", exitCode: 4 });
  });

  it("that fails in the middle of a push: the push starts that blob over and succeeds", async () => {
    const faulty = await start();
    const { host } = faulty;
    await writeBigFile(project.path("model", "pytorch_model.bin"), 4 * 1024 * 1024, 1);
    faulty.addFault({ route: "upload.put", action: { kind: "interrupt", afterBytes: 1024 * 1024, outcome: "reset" } });
    const run = await project.mreg(["push", `${host}/risk`, "model"]);
    expect(run).toMatchObject({ exitCode: 0 });
    expect((await project.mreg(["pull", `${host}/risk:v1`, "-o", "out"])).exitCode).toBe(0);
  });

  it("push interrupted by Ctrl-C: exit 130, no version; run again, it sends only what is missing", async () => {
    const faulty = await start();
    const { host } = faulty;
    await writeBigFile(project.path("model", "pytorch_model.bin"), 4 * 1024 * 1024, 1);
    faulty.addFault({
      route: "upload.put",
      action: { kind: "interrupt", afterBytes: 2 * 1024 * 1024, outcome: "stall" },
      skip: 5,
    });
    const child = project.start(["push", `${host}/risk`, "model", "--concurrency", "1"]);
    const end = endOf(child);
    await until(() => faulty.count("upload.put") === 6, end);
    child.kill("SIGINT");
    expect(await end).toMatchObject({ exitCode: 130, signal: null });
    expect((await project.mreg(["list", `${host}/risk`])).exitCode).toBe(5);
    faulty.clearFaults();
    const before = faulty.count("upload.put");
    expect((await project.mreg(["push", `${host}/risk`, "model"])).exitCode).toBe(0);
    expect(faulty.count("upload.put") - before).toBeLessThanOrEqual(3);
  });

  it("pull interrupted by Ctrl-C while it holds its lock: exit 130, nothing under the final name; run again, it completes", async () => {
    const faulty = await start();
    const { host } = faulty;
    await writeBigFile(project.path("model", "pytorch_model.bin"), 4 * 1024 * 1024, 1);
    await project.mreg(["push", `${host}/risk`, "model"]);
    faulty.addFault({
      route: "blob.get",
      action: { kind: "stall", afterBytes: 1024 },
      times: Number.POSITIVE_INFINITY,
    });
    const before = faulty.count("blob.get");
    const child = project.start(["pull", `${host}/risk:v1`, "-o", "out"]);
    const end = endOf(child);
    await until(
      () => faulty.count("blob.get") > before && filesBelow("out").some((path) => /lock.owner$/.test(path)),
      end,
    );
    child.kill("SIGINT");
    expect(await end).toMatchObject({ exitCode: 130, signal: null, printed: expect.stringContaining("[INTERRUPTED]") });
    expect(filesBelow("out").filter((path) => /lock/.test(path))).toEqual([]);
    expect(existsSync(project.path("out", "pytorch_model.bin"))).toBe(false);
    faulty.clearFaults();
    expect((await project.mreg(["pull", `${host}/risk:v1`, "-o", "out"])).exitCode).toBe(0);
    expect(readdirSync(project.path("out")).sort()).toEqual(readdirSync(project.path("model")).sort());
  });
});

/** How a process ended, and what it had printed until then. */
function endOf(child: ChildProcess): Promise<{ exitCode: number | null; signal: string | null; printed: string }> {
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  return new Promise((done) => child.once("close", (exitCode, signal) => done({ exitCode, signal, printed })));
}

/** Waits for a condition; fails when the process ends before, with what it printed. */
async function until(condition: () => boolean, end: Promise<unknown>): Promise<void> {
  let early: unknown;
  void end.then((how) => (early = how));
  while (!condition()) {
    if (early) throw new Error(`it ended before: ${JSON.stringify(early)}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}
