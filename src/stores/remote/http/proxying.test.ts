import { describe, expect, it, onTestFinished } from "vitest";
import { rejectsWith } from "../../../../test/support/expect.ts";
import { pushArtifact, seededArtifact } from "../../../../test/support/fixtures.ts";
import { Authority, noOpenssl } from "../../../../test/support/network/certificates.ts";
import { type ProxySettings, startProxy } from "../../../../test/support/network/proxy.ts";
import { startTlsFront } from "../../../../test/support/network/tls-front.ts";
import { type RegistryOptions, startRegistry } from "../../../../test/support/registry/index.ts";
import { scratchDirectory } from "../../../../test/support/scratch.ts";
import { type RemoteOptions, RemoteRegistry } from "../index.ts";

const user = { username: "ann", password: "pw" };

/** A registry that only the proxy finds: its name means nothing to anybody else. */
async function setUp(proxySettings: ProxySettings = {}, registryOptions: RegistryOptions = {}) {
  const server = await startRegistry(registryOptions);
  onTestFinished(() => server.close());
  const proxy = await startProxy(proxySettings);
  const port = server.host.split(":")[1];
  const open = (options: Partial<RemoteOptions>, host = `registry.test:${port}`) => {
    const registry = new RemoteRegistry({ host, plainHttp: true, retry: { retries: 0 }, ...options });
    onTestFinished(() => registry.close());
    return registry;
  };
  return { server, proxy, port, open, url: `http://127.0.0.1:${proxy.port}` };
}

describe("through a proxy: http", () => {
  it("requests go to the proxy by absolute URL, and no further credentials than its own", async () => {
    const { server, proxy, port, open, url } = await setUp(
      { credentials: "bob:s3cret" },
      { auth: { kind: "basic", ...user } },
    );
    const registry = open({
      proxy: { http: url.replace("//", "//bob:s3cret@") },
      credentials: async () => user,
    });
    await pushArtifact(registry.repository("ml/risk"), seededArtifact(1));
    expect(proxy.seen.length).toBe(server.requests.length);
    expect(proxy.seen.every(({ target }) => target.startsWith(`http://registry.test:${port}/v2/`))).toBe(true);
    expect(server.requests.every(({ headers }) => headers["proxy-authorization"] === undefined)).toBe(true);
    expect(server.requests.every(({ headers }) => headers["host"] === `registry.test:${port}`)).toBe(true);
  });

  it("not for loopback, and not for whom NO_PROXY names", async () => {
    const { proxy, server, open, url } = await setUp();
    await open({ proxy: { http: url } }, server.host).ping();
    await rejectsWith(open({ proxy: { http: url, noProxy: "test" } }).ping(), "NETWORK");
    expect(proxy.seen).toEqual([]);
  });

  it("a proxy that wants credentials says so, and a password is in no message", async () => {
    const { open, url } = await setUp({ credentials: "bob:s3cret" });
    const proxy = { http: url.replace("//", "//bob:wr0ng@") };
    const error = await rejectsWith(open({ proxy }).ping(), "NETWORK");
    expect(error.message).toContain(`the proxy ${url} wants other credentials`);
    expect(JSON.stringify([error.message, String(error.cause), error])).not.toMatch(/wr0ng|bob/);
  });

  it("a proxy that is down is named, without its password", async () => {
    const proxy = { http: "http://bob:s3cret@127.0.0.1:1" };
    const { open } = await setUp();
    const error = await rejectsWith(open({ proxy }).ping(), "NETWORK");
    expect(error.message).toContain("by way of the proxy http://127.0.0.1:1: nothing listens there");
    expect(JSON.stringify([error.message, String(error.cause), error])).not.toMatch(/s3cret/);
  });

  it("a token server is reached through it, too", async () => {
    const { proxy, port, open, url } = await setUp(
      {},
      { auth: { kind: "bearer", ...user, realm: "http://auth.test:5001/token" } },
    );
    const registry = open({ proxy: { http: url }, credentials: async () => user });
    await rejectsWith(registry.ping());
    expect(proxy.seen.map(({ target }) => target.replace(/\?.*/, ""))).toEqual([
      `http://registry.test:${port}/v2/`,
      "http://auth.test:5001/token",
    ]);
  });
});

describe("through a proxy: https", () => {
  const authority = async () => {
    const directory = await scratchDirectory();
    return Authority.create(directory, "test-authority");
  };

  /** The same registry behind TLS, under the name `registry.test`. */
  async function setUpTls(proxySettings: ProxySettings = {}, names = "DNS:registry.test") {
    const { server, proxy, open, url } = await setUp(proxySettings);
    const ca = await authority();
    const identity = await ca.issue({ name: "registry", names });
    const front = await startTlsFront(Number(server.host.split(":")[1]), {
      ...identity,
      clientCa: ca.cert,
      isOptional: true,
    });
    const host = `registry.test:${front.port}`;
    const connect = (options: Partial<RemoteOptions>) =>
      open({ plainHttp: false, ca: ca.cert, proxy: { https: url }, ...options }, host);
    return { server, proxy, front, host, ca, url, connect };
  }

  it("goes through a tunnel that sees nothing but the registry's name", async ({ skip }) => {
    if (noOpenssl) return skip(noOpenssl);
    const { proxy, server, host, connect, url } = await setUpTls({ credentials: "bob:s3cret" });
    const registry = connect({ proxy: { https: url.replace("//", "//bob:s3cret@") } });
    await pushArtifact(registry.repository("ml/risk"), seededArtifact(1));
    expect(new Set(proxy.seen.map(({ method, target }) => `${method} ${target}`))).toEqual(
      new Set([`CONNECT ${host}`]),
    );
    expect(proxy.seen.every(({ headers }) => headers["authorization"] === undefined)).toBe(true);
    expect(server.requests.every(({ headers }) => headers["proxy-authorization"] === undefined)).toBe(true);
  });

  it("the client certificate reaches the registry through the tunnel", async ({ skip }) => {
    if (noOpenssl) return skip(noOpenssl);
    const { front, ca, connect } = await setUpTls();
    await connect(await ca.issue({ name: "ann" })).ping();
    expect(front.clients).toEqual(["ann"]);
  });

  it("the registry's certificate is checked through the tunnel", async ({ skip }) => {
    if (noOpenssl) return skip(noOpenssl);
    const { connect } = await setUpTls({}, "DNS:other.test");
    const error = await rejectsWith(connect({}).ping(), "CERTIFICATE_REFUSED");
    expect(error.message).toContain("for another name");
  });

  for (const [status, message] of [
    [407, "wants other credentials"],
    [403, "answered 403 to CONNECT"],
    [502, "answered 502 to CONNECT"],
  ] as const) {
    it(`a proxy that answers ${status} is NETWORK and named`, async ({ skip }) => {
      if (noOpenssl) return skip(noOpenssl);
      const { connect, proxy, url } = await setUpTls({ refuse: status });
      const error = await rejectsWith(connect({}).ping(), "NETWORK");
      expect(error.message).toContain(`the proxy ${url} ${message}`);
      expect(proxy.seen).toHaveLength(1);
    });
  }

  it("a proxy may be reached by https; it gets neither the client certificate nor the leave to skip checks", async ({
    skip,
  }) => {
    if (noOpenssl) return skip(noOpenssl);
    const other = await authority();
    const tls = await other.issue({ name: "proxy", names: "IP:127.0.0.1" });
    const { connect, ca, url } = await setUpTls({ tls });
    const proxy = { https: url.replace("http:", "https:") };
    await rejectsWith(connect({ proxy, insecure: true }).ping(), "CERTIFICATE_REFUSED");
    await connect({ proxy, ca: `${ca.cert}\n${other.cert}` }).ping();
  });
});
