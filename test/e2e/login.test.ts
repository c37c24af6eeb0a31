import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Run, Workspace } from "../support/cli/workspace.ts";
import { Authority, noOpenssl } from "../support/network/certificates.ts";
import { startProxy } from "../support/network/proxy.ts";
import { startTlsFront } from "../support/network/tls-front.ts";
import { type RegistryOptions, type RunningRegistry, startRegistry } from "../support/registry/index.ts";

const alice = { username: "alice", password: "s3cret" };
const code = Buffer.from("alice:s3cret").toString("base64");
const none = `sha256:${"0".repeat(64)}`;

describe("login and logout", () => {
  let project: Workspace;
  let registry: RunningRegistry | undefined;
  beforeEach(() => {
    project = new Workspace();
  });
  afterEach(async () => {
    project.remove();
    await registry?.close();
    registry = undefined;
  });

  const start = async (options: RegistryOptions = { auth: { kind: "bearer", ...alice } }): Promise<RunningRegistry> => {
    registry = await startRegistry(options);
    return registry;
  };
  const json = <T = Record<string, unknown>>({ stdout, stderr }: Run): T => {
    expect(stdout, stderr).not.toBe("");
    return JSON.parse(stdout) as T;
  };
  const auths = (...path: readonly string[]): Record<string, unknown> =>
    (JSON.parse(readFileSync(project.path(...path), "utf8")) as { auths: Record<string, unknown> }).auths;
  const write = (name: string, config: unknown): string => {
    writeFileSync(project.path(name), JSON.stringify(config));
    return project.path(name);
  };
  /** Exit code of a command that needs to be let in, and then finds nothing. */
  const lookAt = async (reference: string, env: Record<string, string> = {}, ...flags: readonly string[]) =>
    (await project.mreg(["resolve", `${reference}@${none}`, ...flags], { env })).exitCode;
  const [letIn, keptOut] = [5, 6];

  it("store what the registry took, readable by nobody else, and forget it again", async () => {
    const { host } = await start();
    const run = await project.mreg(["login", host, "-u", "alice", "--password-stdin", "--format", "json"], {
      input: "s3cret\n",
    });
    const file = project.path(".home", ".docker", "config.json");
    expect(json(run)).toMatchObject({ kind: "login", registry: host, storedIn: file, checked: true });
    expect(`${run.stdout}${run.stderr}`).not.toContain("s3cret");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(auths(".home", ".docker", "config.json")).toEqual({ [host]: { auth: code } });
    expect(await lookAt(`${host}/a`)).toBe(letIn);
    const out = await project.mreg(["logout", host]);
    expect(out).toMatchObject({ exitCode: 0, stdout: `logged out of ${host}\n` });
    expect(await lookAt(`${host}/a`)).toBe(keptOut);
    const again = await project.mreg(["logout", host]);
    expect(again).toMatchObject({ exitCode: 0, stdout: `not logged in to ${host}: nothing is stored\n` });
  });

  for (const [what, flags, input, code] of [
    ["a wrong password", ["-u", "alice", "--password-stdin"], "wr0ng", 6],
    ["a wrong identity token", ["--identity-token-stdin"], "wr0ng", 6],
    ["an empty password", ["-u", "alice", "--password-stdin"], "", 2],
    ["a password without a user", ["--password-stdin"], "wr0ng", 2],
    ["two secrets", ["-u", "alice", "-p", "wr0ng", "--identity-token", "wr0ng"], "", 2],
    ["nothing, with no terminal to ask on", [], "", 2],
    ["a user, with no terminal to ask on", ["-u", "alice"], "", 2],
  ] as const) {
    it(`store nothing for ${what}: exit ${code}`, async () => {
      const { host } = await start({ auth: { kind: "bearer", ...alice, refreshToken: "r3fresh" } });
      const run = await project.mreg(["login", host, ...flags, "--debug"], { input });
      expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode: code, stdout: "" });
      expect(run.stderr).not.toContain("wr0ng");
      expect(existsSync(project.path(".home", ".docker"))).toBe(false);
    });
  }

  it("an identity token is kept as one and goes to the token server only", async () => {
    const server = await start({ auth: { kind: "bearer", ...alice, refreshToken: "r3fresh" } });
    const { host } = server;
    const run = await project.mreg(["login", host, "--identity-token-stdin"], { input: "r3fresh\n" });
    expect(run, run.stderr).toMatchObject({ exitCode: 0 });
    expect(auths(".home", ".docker", "config.json")).toEqual({ [host]: { identitytoken: "r3fresh" } });
    expect(await lookAt(`${host}/a`)).toBe(letIn);
    expect(server.requests.some(({ headers }) => headers["authorization"]?.includes("r3fresh"))).toBe(false);
    expect(await lookAt(`${host}/a`, {}, "--identity-token", "wr0ng")).toBe(keptOut);
  });

  it("say so when the registry asks nobody for credentials", async () => {
    const { host } = await start({});
    const args = ["login", host, "-u", "alice", "--password-stdin", "--format", "json"];
    const run = await project.mreg(args, { input: "s3cret" });
    expect(json(run)).toMatchObject({ checked: false });
    expect(run.stderr).toContain("without a check");
  });

  it("keep what other programs have written into the file", async () => {
    const { host } = await start();
    const file = write("auth.json", { auths: { other: { auth: "eA==", x: 1 } }, psFormat: "t" });
    const args = ["login", host, "-u", "alice", "--password-stdin", "--registry-config", file];
    expect((await project.mreg(args, { input: "s3cret" })).exitCode).toBe(0);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      auths: { other: { auth: "eA==", x: 1 }, [host]: { auth: code } },
      psFormat: "t",
    });
  });

  it("use the first --registry-config to write, and the others to read", async () => {
    const { host } = await start();
    const second = write("second.json", { auths: { [host]: { auth: code } } });
    const flags = ["--registry-config", project.path("first.json"), "--registry-config", second];
    expect(await lookAt(`${host}/a`, {}, ...flags)).toBe(letIn);
    expect(json(await project.mreg(["logout", host, ...flags, "--format", "json"]))).toMatchObject({
      outcome: "absent",
      remaining: second,
    });
    const run = await project.mreg(["login", host, "-u", "alice", "--password-stdin", ...flags], { input: "s3cret" });
    expect(run.exitCode, run.stderr).toBe(0);
    expect(auths("first.json")).toEqual({ [host]: { auth: code } });
    expect(json(await project.mreg(["logout", host, ...flags, "--format", "json"]))).toMatchObject({
      outcome: "removed",
      remaining: second,
    });
  });

  it("find credentials in each place that Docker and podman know, in the order of docs/registries.md", async () => {
    const { host } = await start();
    const right = { auths: { [host]: { auth: code } } };
    const wrong = { auths: { [host]: { auth: Buffer.from("eve:x").toString("base64") } } };
    const runtime = project.path("run");
    mkdirSync(project.path("run", "containers"), { recursive: true });
    mkdirSync(project.path(".home", ".config", "containers"), { recursive: true });
    mkdirSync(project.path("docker"));
    const env: Record<string, string> = {};
    expect(await lookAt(`${host}/a`, env)).toBe(keptOut);
    // From the last place to the first; each one overrules those before it in this list.
    const places: readonly (readonly [(config: unknown) => void, Record<string, string>])[] = [
      [(config) => write(".home/.config/containers/auth.json", config), {}],
      [(config) => write("run/containers/auth.json", config), { XDG_RUNTIME_DIR: runtime }],
      [(config) => write("docker/config.json", config), { DOCKER_CONFIG: project.path("docker") }],
      [(config) => write("given.json", config), { REGISTRY_AUTH_FILE: project.path("given.json") }],
      [(config) => (env["DOCKER_AUTH_CONFIG"] = JSON.stringify(config)), {}],
    ];
    for (const [put, variables] of places) {
      Object.assign(env, variables);
      put(right);
      expect(await lookAt(`${host}/a`, env)).toBe(letIn);
      put(wrong);
      expect(await lookAt(`${host}/a`, env)).toBe(keptOut);
    }
    const file = write("explicit.json", right);
    expect(await lookAt(`${host}/a`, env, "--registry-config", file)).toBe(letIn);
  });

  it("write where REGISTRY_AUTH_FILE says, and warn of what goes first", async () => {
    const { host } = await start();
    const env = {
      REGISTRY_AUTH_FILE: project.path("given.json"),
      DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [host]: { auth: "ZXZlOng=" } } }),
    };
    const run = await project.mreg(["login", host, "-u", "alice", "--password-stdin"], { input: "s3cret", env });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain("DOCKER_AUTH_CONFIG, and go first");
    expect(auths("given.json")).toEqual({ [host]: { auth: code } });
  });

  it("take credentials for a path only, as podman does", async () => {
    const { host } = await start();
    const run = await project.mreg(["login", `${host}/ml`, "-u", "alice", "--password-stdin"], { input: "s3cret" });
    expect(run, run.stderr).toMatchObject({ exitCode: 0 });
    expect(auths(".home", ".docker", "config.json")).toEqual({ [`${host}/ml`]: { auth: code } });
    expect(await lookAt(`${host}/ml/risk`)).toBe(letIn);
    expect(await lookAt(`${host}/ml`)).toBe(letIn);
    expect(await lookAt(`${host}/mlops/risk`)).toBe(keptOut);
    expect((await project.mreg(["list", "--registry", `${host}/ml`])).exitCode).toBe(0);
    expect((await project.mreg(["logout", `${host}/ml`])).stdout).toContain("logged out");
    expect(await lookAt(`${host}/ml/risk`)).toBe(keptOut);
  });

  it("know registries only: exit 2", async () => {
    for (const name of ["oci:./store", "https://r.example", "r.example/../x", "user@r.example", ""]) {
      const run = await project.mreg(["login", name, "-u", "alice", "--password-stdin"], { input: "s3cret" });
      expect(run.exitCode, name).toBe(2);
      expect((await project.mreg(["logout", name])).exitCode, name).toBe(2);
    }
  });

  it("of many at once lose nothing", async () => {
    const file = project.path("auth.json");
    const { host } = await start({ auth: { kind: "basic", ...alice } });
    const port = host.split(":")[1];
    const hosts = [1, 2, 3, 4, 5, 6].map((last) => `127.0.0.${last}:${port}`);
    const resolve = hosts.flatMap((each) => ["--resolve", `${each}:127.0.0.1`]);
    const runs = await Promise.all(
      hosts.map((each) =>
        project.mreg(["login", each, "-u", "alice", "--password-stdin", "--registry-config", file, ...resolve], {
          input: "s3cret",
        }),
      ),
    );
    expect(runs.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(hosts.map(() => [0, ""]));
    expect(Object.keys(auths("auth.json")).sort()).toEqual(hosts);
  });

  describe("the way to the registry", () => {
    it("is through the environment's proxy, whose password is never shown", async () => {
      const server = await start();
      const port = server.host.split(":")[1];
      const proxy = await startProxy({ credentials: "bob:pr0xy" });
      const host = `registry.test:${port}`;
      const login = (env: Record<string, string>) =>
        project.mreg(["login", host, "--plain-http", "-u", "alice", "--password-stdin", "--debug"], {
          input: "s3cret",
          env,
        });
      const url = (password: string) => `http://bob:${password}@127.0.0.1:${proxy.port}`;
      for (const env of [
        { HTTP_PROXY: url("wr0ng") },
        { http_proxy: url("wr0ng"), HTTP_PROXY: url("pr0xy") },
        { HTTP_PROXY: url("pr0xy"), NO_PROXY: ".test" },
        { HTTP_PROXY: url("pr0xy"), no_proxy: `registry.test:${port}` },
        { HTTP_PROXY: url("pr0xy"), REQUEST_METHOD: "GET" },
        { HTTPS_PROXY: url("pr0xy") },
      ]) {
        const run = await login(env);
        expect(run.exitCode, run.stderr).toBe(8);
        expect(run.stderr).not.toMatch(/wr0ng|pr0xy|s3cret|bob:/);
      }
      expect(server.requests).toEqual([]);
      const realm = { kind: "bearer", ...alice, realm: `http://${host}/token` } as const;
      await registry?.close();
      registry = await startRegistry({ auth: realm, port: Number(port) });
      const run = await login({
        http_proxy: url("pr0xy"),
        HTTP_PROXY: url("wr0ng"),
        NO_PROXY: "other.test,10.0.0.0/8",
      });
      expect(run.exitCode, run.stderr).toBe(0);
      expect(proxy.seen.at(-1)?.target).toBe(`http://${host}/v2/`);
    });

    it("through something that is no proxy is exit 2, and not quoted", async () => {
      for (const HTTPS_PROXY of ["socks5://bob:pr0xy@127.0.0.1:1080", "http://bob:pr0xy@"]) {
        const run = await project.mreg(["resolve", "r.example/a:v1", "--debug"], { env: { HTTPS_PROXY } });
        expect(run.exitCode).toBe(2);
        expect(run.stderr).toContain("HTTPS_PROXY");
        expect(run.stderr).not.toContain("pr0xy");
      }
    });

    it("is where --resolve says; anything else is exit 2", async () => {
      const { host } = await start({ auth: { kind: "basic", ...alice } });
      const args = ["login", "registry.test:5000", "--plain-http", "-u", "alice", "--password-stdin", "--resolve"];
      const run = await project.mreg([...args, `registry.test:5000:${host}`], { input: "s3cret" });
      expect(run.exitCode, run.stderr).toBe(0);
      expect((await project.mreg([...args, "registry.test:5000"], { input: "s3cret" })).exitCode).toBe(2);
    });

    it("is TLS with one's own authority and client certificate; each mistake says what to do", async ({ skip }) => {
      if (noOpenssl) return skip(noOpenssl);
      const { host } = await start({ auth: { kind: "basic", ...alice } });
      const ca = await Authority.create(project.directory, "ca");
      await Authority.create(project.directory, "other");
      await ca.issue({ name: "client" });
      await ca.issue({ name: "second" });
      const identity = await ca.issue({ name: "server" });
      const front = await startTlsFront(Number(host.split(":")[1]), { ...identity, clientCa: ca.cert });
      const login = async (...flags: readonly string[]) => {
        // Loopback is plain HTTP unless a certificate is spoken of.
        const args = ["login", `127.0.0.1:${front.port}`, "-u", "alice", "--password-stdin", "--no-plain-http"];
        return project.mreg([...args, ...flags], { input: "s3cret" });
      };
      const pair = ["--cert-file", "client.pem", "--key-file", "client.key"];
      const good = await login("--ca-file", "ca.pem", ...pair);
      expect(good.exitCode, good.stderr).toBe(0);
      expect((await login("--insecure", ...pair)).exitCode).toBe(0);
      const rows: readonly (readonly [flags: readonly string[], exitCode: number, message: string])[] = [
        [["--ca-file", "other.pem", ...pair], 8, "try: give the registry's own authority with --ca-file"],
        [pair, 8, "CERTIFICATE_REFUSED"],
        [["--ca-file", "ca.pem", "--cert-file", "client.pem"], 2, "--cert-file is given alone"],
        [["--cert-file", "client.pem", "--key-file", "second.key"], 2, "second.key is not the key of"],
        [["--cert-file", "client.key", "--key-file", "client.key"], 2, "client.key holds no certificate"],
        [["--cert-file", "client.pem", "--key-file", "client.pem"], 2, "client.pem is not a private key"],
        [["--ca-file", "missing.pem"], 2, "cannot read missing.pem"],
      ];
      for (const [flags, exitCode, message] of rows) {
        const run = await login(...flags);
        expect(run.exitCode, run.stderr).toBe(exitCode);
        expect(run.stderr).toContain(message);
      }
    });
  });
});
