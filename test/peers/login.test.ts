import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Workspace } from "../support/cli/workspace.ts";
import { Authority, noOpenssl } from "../support/network/certificates.ts";
import { type RunningRegistry, startRegistry } from "../support/registry/index.ts";
import { need } from "./support/peers.ts";

const none = `sha256:${"0".repeat(64)}`;

describe("credentials and oras", () => {
  let registry: RunningRegistry;
  let project: Workspace;
  beforeEach(async () => {
    registry = await startRegistry({ auth: { kind: "bearer", username: "alice", password: "s3cret" } });
    project = new Workspace();
  });
  afterEach(async () => {
    project.remove();
    await registry.close();
  });

  /** Whether mreg is let in: 5 for nothing there, 6 for nobody known. */
  const mregLooks = async () => (await project.mreg(["resolve", `${registry.host}/a@${none}`])).exitCode;
  const oras = (path: string, args: readonly string[], input = "") =>
    project.shell([path, ...args].join(" "), { input, env: { DOCKER_CONFIG: project.path(".home", ".docker") } });
  const orasLooks = async (path: string) => {
    const { stderr } = await oras(path, ["manifest", "fetch", "--plain-http", `${registry.host}/a@${none}`]);
    return /unauthorized|basic credential not found|401/i.test(stderr) ? 6 : /not found/i.test(stderr) ? 5 : stderr;
  };

  test("what oras has stored, mreg finds and forgets", async (context) => {
    const path = need(context, "oras");
    expect(await mregLooks()).toBe(6);
    const args = ["login", "--plain-http", registry.host, "-u", "alice", "--password-stdin"];
    expect((await oras(path, args, "s3cret")).exitCode).toBe(0);
    expect(await mregLooks()).toBe(5);
    expect((await project.mreg(["logout", registry.host])).stdout).toContain("logged out of");
    expect(await orasLooks(path)).toBe(6);
  });

  test("what mreg has stored, oras finds and forgets", async (context) => {
    const path = need(context, "oras");
    expect(await orasLooks(path)).toBe(6);
    const args = ["login", registry.host, "-u", "alice", "--password-stdin"];
    expect((await project.mreg(args, { input: "s3cret" })).exitCode).toBe(0);
    expect(await orasLooks(path)).toBe(5);
    expect((await oras(path, ["logout", registry.host])).exitCode).toBe(0);
    expect((await project.mreg(["logout", registry.host])).stdout).toContain("not logged in to");
  });
});

describe("TLS and client certificates", () => {
  test.for(["distribution", "docker-registry"])(
    "%s takes the right files; the wrong ones say why",
    async (name, context) => {
      const path = need(context, name);
      if (noOpenssl) return context.skip(noOpenssl);
      const project = new Workspace();
      const ca = await Authority.create(project.directory, "ca");
      await Authority.create(project.directory, "other");
      for (const each of ["server", "client"]) await ca.issue({ name: each });
      const port = 20_000 + (process.pid % 20_000);
      const tls = {
        certificate: project.path("server.pem"),
        key: project.path("server.key"),
        clientcas: [project.path("ca.pem")],
      };
      const storage = { filesystem: { rootdirectory: project.path("storage") } };
      const config = { version: 0.1, log: { level: "error" }, storage, http: { addr: `127.0.0.1:${port}`, tls } };
      writeFileSync(project.path("config.yml"), JSON.stringify(config));
      const child = spawn(path, ["serve", project.path("config.yml")], { stdio: "ignore" });
      const reach = (...flags: readonly string[]) =>
        project.mreg(["resolve", "--no-plain-http", ...flags, `127.0.0.1:${port}/a@${none}`]);
      const right = ["--ca-file", "ca.pem", "--cert-file", "client.pem", "--key-file", "client.key"];
      try {
        // Up as soon as it answers at all; before that, nothing listens there (8).
        await expect.poll(async () => (await reach(...right)).exitCode, { timeout: 30_000, interval: 200 }).toBe(5);
        for (const [flags, message] of [
          [["--ca-file", "other.pem", ...right.slice(2)], "authority that is not trusted here"],
          [["--ca-file", "ca.pem"], "client certificate"],
        ] as const) {
          const run = await reach(...flags);
          expect(run.exitCode).toBe(8);
          expect(run.stderr).toContain(message);
          expect(run.stderr).toContain("CERTIFICATE_REFUSED");
        }
      } finally {
        child.kill("SIGKILL");
        project.remove();
      }
    },
  );
});
