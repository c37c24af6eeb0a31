import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { bytesOf, rejectsWith } from "../../../../test/support/expect.ts";
import { seededBlob } from "../../../../test/support/fixtures.ts";
import { openRemote } from "../../../../test/support/registry/index.ts";
import { Transport } from "../http/transport.ts";
import { defaultTimeouts } from "../options.ts";

/**
 * Other clients' holes in authentication, each by its number, so that none of them opens here.
 *
 * Every one of them was found in a client that mreg has been compared with; `thief` is the attacker's server, or
 * something inside the user's network that the attacker wants to reach.
 */
const user = { username: "ann", password: "s3cret" };
const bearer = { kind: "bearer", ...user } as const;
const basic = { kind: "basic", ...user } as const;
const credentials = async () => user;
const repeatedly = { times: Number.POSITIVE_INFINITY };

interface Thief {
  readonly port: number;
  readonly requests: readonly IncomingMessage[];
}

/** A server that hands out tokens to everybody, asks for credentials otherwise, and remembers what it was told. */
async function startThief(address = "127.0.0.1"): Promise<Thief> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const isToken = request.url?.startsWith("/token");
    const headers = isToken ? {} : { "www-authenticate": 'Basic realm="give"' };
    response.writeHead(isToken ? 200 : 401, headers).end(JSON.stringify({ token: "stolen" }));
  });
  await new Promise<void>((done) => server.listen(0, address, done));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

const secretsIn = ({ requests }: Thief) =>
  requests.filter(({ headers, url }) => headers.authorization !== undefined || url?.includes("s3cret"));

describe("CVE-2026-48978 (oras-go), ggcr#2193, ggcr#2284: a realm makes the client call, or trust, another server", () => {
  for (const realm of [
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/role",
    "http://10.0.0.1/token",
    "http://[::ffff:169.254.169.254]/token",
    "http://[fd00::1]/token",
    "http://0.0.0.0:1/token",
    "http://2130706434/token",
    "http://user:pw@127.0.0.1/token",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "//evil.example/token",
    "/token",
  ]) {
    it(`${realm} is refused, with credentials and without`, async () => {
      for (const options of [{ credentials }, {}]) {
        const { server, repository } = await openRemote({ auth: { ...bearer, realm } }, options);
        const error = await rejectsWith(repository.resolve("v1"), "REDIRECT_REFUSED");
        expect(error.message).not.toContain("user:pw");
        expect(server.count("token")).toBe(0);
      }
    });
  }
});

describe("CVE-2026-33990 (docker/model-runner): a realm reaches into the network of whoever pulls", () => {
  it("nothing at all is sent to another address of a private network, not even without credentials", async () => {
    const thief = await startThief("127.0.0.2");
    const realm = `http://127.0.0.2:${thief.port}/token`;
    for (const options of [{ credentials }, {}]) {
      const { repository } = await openRemote({ auth: { ...bearer, realm } }, options);
      await rejectsWith(repository.resolve("v1"), "REDIRECT_REFUSED");
    }
    expect(thief.requests).toEqual([]);
  });
});

describe("ggcr#2440: a name stands for an address that would have been refused", () => {
  it("a connection for a registry elsewhere never reaches this machine or its link", async () => {
    const thief = await startThief();
    const transport = new Transport({
      origin: "http://registry.example",
      userAgent: "test",
      timeouts: defaultTimeouts,
      lookup: (_name, { all }, done) =>
        all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4),
    });
    onTestFinished(() => transport.close());
    const url = { origin: `http://metadata.example:${thief.port}`, path: "/token" };
    const error = await rejectsWith(transport.send({ method: "GET", url, headers: {} }), "REDIRECT_REFUSED");
    expect(error.message).toContain("metadata.example is 127.0.0.1");
    expect(thief.requests).toEqual([]);
  });
});

describe("ggcr#2292: the token server redirects to where no realm may point", () => {
  for (const [what, location] of [
    ["another private address", (port: number) => `http://127.0.0.2:${port}/token`],
    ["cloud metadata", () => "http://169.254.169.254/token"],
    ["another scheme", () => "file:///etc/passwd"],
  ] as const) {
    it(`${what} is refused before anything is sent there`, async () => {
      const thief = await startThief("127.0.0.2");
      const { server, repository } = await openRemote({ auth: bearer }, { credentials });
      const headers = { location: location(thief.port) };
      server.addFault({ route: "token", action: { kind: "answer", status: 302, headers }, ...repeatedly });
      await rejectsWith(repository.resolve("v1"), "REDIRECT_REFUSED");
      expect(thief.requests).toEqual([]);
    });
  }

  it("to another port of its own host, the password stays behind", async () => {
    const thief = await startThief();
    const { server, repository } = await openRemote({ auth: bearer }, { credentials });
    const headers = { location: `http://127.0.0.1:${thief.port}/token` };
    server.addFault({ route: "token", action: { kind: "answer", status: 302, headers }, ...repeatedly });
    await rejectsWith(repository.resolve("v1"), "UNAUTHORIZED");
    expect(thief.requests.length).toBeGreaterThan(0);
    expect(secretsIn(thief)).toEqual([]);
  });

  it("an identity token is never posted on", async () => {
    const thief = await startThief();
    const { server, repository } = await openRemote(
      { auth: { ...bearer, refreshToken: "r3fresh" } },
      { credentials: async () => ({ identityToken: "r3fresh" }) },
    );
    const headers = { location: `http://127.0.0.1:${thief.port}/token` };
    server.addFault({ route: "token", action: { kind: "answer", status: 307, headers }, ...repeatedly });
    await rejectsWith(repository.resolve("v1"));
    expect(thief.requests).toEqual([]);
  });
});

describe("GHSA-vh4v-2xq2-g5cg (oras-go), ggcr#2349: Authorization goes along with a redirect", () => {
  for (const auth of [basic, bearer]) {
    it(`${auth.kind}: to another port it does not, and is not attached again when that asks for it`, async () => {
      const thief = await startThief();
      const { server, repository } = await openRemote({ auth }, { credentials });
      const blob = seededBlob(1);
      await repository.push(blob);
      const headers = { location: `http://127.0.0.1:${thief.port}/blob` };
      server.addFault({ route: "blob.get", action: { kind: "answer", status: 307, headers }, ...repeatedly });
      const tokens = server.count("token");
      await rejectsWith(bytesOf(repository.fetch(blob.descriptor)), "UNAUTHORIZED");
      expect(thief.requests.length).toBeGreaterThan(0);
      expect(secretsIn(thief)).toEqual([]);
      // Fetching is another right than pushing, and may take a token of its own; the thief's 401 takes none.
      expect(server.count("token") - tokens).toBeLessThanOrEqual(1);
    });
  }

  it("to another name of the same server and back it does not", async () => {
    const { server, repository } = await openRemote({ auth: basic }, { credentials });
    const blob = seededBlob(1);
    await repository.push(blob);
    const back = `${server.url}/v2/${repository.name}/blobs/${blob.descriptor.digest}?back`;
    const thief = createServer((_request, response) => void response.writeHead(307, { location: back }).end());
    await new Promise<void>((done) => thief.listen(0, "127.0.0.1", done));
    onTestFinished(() => void thief.close());
    const headers = { location: `http://127.0.0.1:${(thief.address() as AddressInfo).port}/` };
    server.addFault({ route: "blob.get", action: { kind: "answer", status: 307, headers } });
    await rejectsWith(bytesOf(repository.fetch(blob.descriptor)));
    const last = server.requests.filter(({ path }) => path.endsWith("?back"));
    expect(last.length).toBeGreaterThan(0);
    expect(last.every((request) => request.headers["authorization"] === undefined)).toBe(true);
  });
});

describe("CVE-2020-15157 (containerd): credentials go to the server of a foreign layer", () => {
  it("the urls of a descriptor are never fetched, with credentials or without", async () => {
    const thief = await startThief();
    const { repository } = await openRemote({ auth: bearer }, { credentials });
    const { descriptor } = seededBlob(7);
    const foreign = { ...descriptor, urls: [`http://127.0.0.1:${thief.port}/layer`] };
    await rejectsWith(bytesOf(repository.fetch(foreign)), "NOT_FOUND");
    expect(thief.requests).toEqual([]);
  });
});

describe("ggcr#2295, GHSA-jxpm-75mh-9fp7 (oras-go): an upload's Location sends content and token elsewhere", () => {
  it("another port is refused before anything is sent there", async () => {
    const thief = await startThief();
    const { server, repository } = await openRemote({ auth: bearer }, { credentials });
    const headers = { location: `http://127.0.0.1:${thief.port}/upload` };
    server.addFault({ route: "upload.post", action: { kind: "headers", headers }, ...repeatedly });
    await rejectsWith(repository.push(seededBlob(1)), "REDIRECT_REFUSED");
    expect(thief.requests).toEqual([]);
  });
});
