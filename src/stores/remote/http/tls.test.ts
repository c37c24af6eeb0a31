import { spawn } from "node:child_process";
import { describe, expect, it, onTestFinished } from "vitest";
import { bytesOf, rejectsWith } from "../../../../test/support/expect.ts";
import { pushArtifact, seededArtifact, seededBlob } from "../../../../test/support/fixtures.ts";
import { Authority, type Issue, noOpenssl } from "../../../../test/support/network/certificates.ts";
import { startTlsFront, type TlsFrontSettings } from "../../../../test/support/network/tls-front.ts";
import { startRegistry } from "../../../../test/support/registry/index.ts";
import { scratchDirectory } from "../../../../test/support/scratch.ts";
import { type RemoteOptions, RemoteRegistry } from "../index.ts";

/** A registry behind TLS, with a certificate of an authority of its own. */
async function setUp(issue: Partial<Issue> = {}, settings: Partial<TlsFrontSettings> = {}) {
  const directory = await scratchDirectory();
  const authority = await Authority.create(directory, "test-authority");
  const server = await startRegistry();
  onTestFinished(() => server.close());
  const identity = await authority.issue({ name: "registry", ...issue });
  const port = Number(server.host.split(":")[1]);
  const front = await startTlsFront(port, { ...identity, ...settings });
  const open = (options: Partial<RemoteOptions> = {}, host = `127.0.0.1:${front.port}`) => {
    const retry = { retries: 1, minDelayMs: 1, maxDelayMs: 2 };
    const registry = new RemoteRegistry({ host, plainHttp: false, ca: authority.cert, retry, ...options });
    onTestFinished(() => registry.close());
    return registry;
  };
  return { authority, directory, server, port, front, open };
}

/** openssl's own server, which tells clients why it refuses them, as Go's does and Node's does not. */
async function startOpensslServer(directory: string, version: string): Promise<number> {
  const files = ["-cert", "registry.pem", "-key", "registry.key", "-CAfile", "test-authority.pem"];
  const args = [
    "s_server",
    "-accept",
    "127.0.0.1:0",
    ...files,
    "-Verify",
    "1",
    "-verify_return_error",
    "-www",
    version,
  ];
  const child = spawn("openssl", args, { cwd: directory, stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  for await (const chunk of child.stdout) {
    said += String(chunk);
    const [, port] = /ACCEPT .*:(\d+)\n/.exec(said) ?? [];
    if (port !== undefined) {
      child.stdout.resume();
      return Number(port);
    }
  }
  throw new Error(`openssl s_server did not start: ${said}`);
}

describe("TLS", () => {
  it("a registry of one's own authority is trusted with it", async ({ skip }) => {
    if (noOpenssl) return skip(noOpenssl);
    const { open } = await setUp();
    await pushArtifact(open().repository("ml/risk"), seededArtifact(1));
  });

  const refused: readonly (readonly [what: string, issue: Partial<Issue>, options: Partial<RemoteOptions>, RegExp])[] =
    [
      ["of an unknown authority", {}, { ca: "" }, /authority that is not trusted here/],
      ["for another name", { names: "DNS:other.test" }, {}, /for another name/],
      ["that has expired", { expired: true }, {}, /has expired/],
    ];
  for (const [what, issue, options, message] of refused) {
    it(`a certificate ${what} is CERTIFICATE_REFUSED, asked once; --insecure takes it`, async ({ skip }) => {
      if (noOpenssl) return skip(noOpenssl);
      const { front, open } = await setUp(issue);
      const error = await rejectsWith(open(options).ping(), "CERTIFICATE_REFUSED");
      expect(error.message).toMatch(message);
      expect(front.clients.length).toBeLessThanOrEqual(1);
      await open({ ...options, insecure: true }).ping();
    });
  }

  it("the wrong authority is CERTIFICATE_REFUSED", async ({ skip }) => {
    if (noOpenssl) return skip(noOpenssl);
    const { open } = await setUp();
    const other = await Authority.create(await scratchDirectory(), "other-authority");
    await rejectsWith(open({ ca: other.cert }).ping(), "CERTIFICATE_REFUSED");
  });

  it("a client certificate is shown to a registry that wants one", async ({ skip }) => {
    if (noOpenssl) return skip(noOpenssl);
    const clients = await Authority.create(await scratchDirectory(), "clients");
    const { front, open } = await setUp({}, { clientCa: clients.cert });
    await open(await clients.issue({ name: "ann" })).ping();
    expect(front.clients).toEqual(["ann"]);
  });

  it("a client certificate without its key, or with another one, is CERTIFICATE_REFUSED", async ({ skip }) => {
    if (noOpenssl) return skip(noOpenssl);
    const { authority, front, open } = await setUp();
    const [one, other] = [await authority.issue({ name: "one" }), await authority.issue({ name: "other" })];
    expect(() => open({ cert: one.cert })).toThrow(expect.objectContaining({ code: "CERTIFICATE_REFUSED" }));
    for (const key of [other.key, "no key", one.cert]) {
      const error = await rejectsWith(open({ cert: one.cert, key }).ping(), "CERTIFICATE_REFUSED");
      expect(error.message).toContain("cannot be used");
    }
    expect(front.clients).toEqual([]);
  });

  for (const version of ["-tls1_2", "-tls1_3"]) {
    it(`${version}: a registry that misses a client certificate, or refuses it, is CERTIFICATE_REFUSED`, async ({
      skip,
    }) => {
      if (noOpenssl) return skip(noOpenssl);
      const { authority, directory, open } = await setUp();
      const port = await startOpensslServer(directory, version);
      const stranger = await Authority.create(await scratchDirectory(), "strangers");
      const host = `127.0.0.1:${port}`;
      for (const [client, message] of [
        [{}, /client certificate/],
        [await stranger.issue({ name: "eve" }), /does not trust the authority of the client certificate/],
      ] as const) {
        const error = await rejectsWith(open(client, host).ping(), "CERTIFICATE_REFUSED");
        expect(error.message).toMatch(message);
      }
      // It speaks TLS, but is no registry.
      await rejectsWith(open(await authority.issue({ name: "ann" }), host).ping(), "BAD_RESPONSE");
    });
  }

  it("a client certificate is shown to the registry's origin only, wherever that redirects to", async ({ skip }) => {
    if (noOpenssl) return skip(noOpenssl);
    const { authority, server, port, front, open } = await setUp();
    const wanting = { ...(await authority.issue({ name: "registry" })), clientCa: authority.cert, isOptional: true };
    const registry = await startTlsFront(port, wanting);
    const storage = await startTlsFront(port, wanting);
    const client = await authority.issue({ name: "ann" });
    const repository = open(client, `127.0.0.1:${registry.port}`).repository("ml/risk");
    const blob = seededBlob(1);
    await repository.push(blob);
    for (const host of ["127.0.0.1", "localhost"]) {
      const location = `https://${host}:${storage.port}/v2/ml/risk/blobs/${blob.descriptor.digest}`;
      server.addFault({ route: "blob.get", action: { kind: "answer", status: 307, headers: { location } } });
      await bytesOf(repository.fetch(blob.descriptor)).catch(() => undefined);
    }
    expect(new Set(registry.clients)).toEqual(new Set(["ann"]));
    expect(storage.clients.length).toBeGreaterThan(0);
    expect(storage.clients.filter((name) => name !== undefined)).toEqual([]);
    expect(front.clients).toEqual([]);
  });
});

describe("resolve", () => {
  it("connects where it is told, and checks the certificate against the name", async ({ skip }) => {
    if (noOpenssl) return skip(noOpenssl);
    const { front, open } = await setUp({ names: "DNS:registry.test" });
    const resolve = [{ host: "registry.test", port: 443, address: "127.0.0.1", addressPort: front.port }];
    await open({ resolve }, "registry.test").ping();
    await open({ resolve }, "Registry.Test:443").ping();
    const error = await rejectsWith(
      open({ resolve: [{ ...resolve[0]!, host: "other.test" }] }, "other.test").ping(),
      "CERTIFICATE_REFUSED",
    );
    expect(error.message).toContain("for another name");
  });

  it("is for one port only, and for plain HTTP as well", async () => {
    const server = await startRegistry();
    onTestFinished(() => server.close());
    const addressPort = Number(server.host.split(":")[1]);
    const resolve = [{ host: "registry.test", port: 5000, address: "127.0.0.1", addressPort }];
    const open = (host: string) => {
      const registry = new RemoteRegistry({ host, plainHttp: true, resolve, retry: { retries: 0 } });
      onTestFinished(() => registry.close());
      return registry;
    };
    await open("registry.test:5000").ping();
    expect(server.requests[0]?.headers["host"]).toBe("registry.test:5000");
    await rejectsWith(open("registry.test:5001").ping(), "NETWORK");
  });
});
