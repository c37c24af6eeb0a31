import { describe, expect, it } from "vitest";
import { bytesOf, listOf, rejectsWith } from "../../../../test/support/expect.ts";
import { pushArtifact, seededArtifact, seededBlob } from "../../../../test/support/fixtures.ts";
import { openRemote } from "../../../../test/support/registry/index.ts";
import { mediaTypes } from "../../../oci/media-types.ts";
import { checkLogin } from "../login.ts";

const user = { username: "ann", password: "s3cret pass" };
const bearer = { kind: "bearer", ...user } as const;

describe("auth over HTTP", () => {
  for (const kind of ["basic", "bearer"] as const) {
    it(`${kind}: a wrong password is UNAUTHORIZED and in no message`, async () => {
      const { registry, repository } = await openRemote(
        { auth: { kind, ...user } },
        { credentials: async () => ({ username: "ann", password: "wrong-s3cret" }) },
      );
      for (const work of [
        () => checkLogin(registry),
        () => repository.push(seededBlob(1)),
        () => repository.resolve("v1"),
      ]) {
        const error = await rejectsWith(work(), "UNAUTHORIZED");
        expect(JSON.stringify([error.message, error])).not.toMatch(/s3cret|YW5u/);
      }
    });

    it(`${kind}: no credentials is UNAUTHORIZED and says so`, async () => {
      const { repository } = await openRemote({ auth: { kind, ...user } });
      const error = await rejectsWith(repository.resolve("v1"), "UNAUTHORIZED");
      expect(error.message).toMatch(/wants credentials/);
    });

    it(`${kind}: the right password is let in`, async () => {
      const { registry, repository } = await openRemote({ auth: { kind, ...user } }, { credentials: async () => user });
      await checkLogin(registry);
      await pushArtifact(repository, seededArtifact(1));
    });
  }

  it("bearer: parallel requests share one token, and different rights get their own", async () => {
    const { server, repository } = await openRemote({ auth: bearer }, { credentials: async () => user });
    await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => repository.push(seededBlob(seed))));
    // One to look (pull) and one to write (pull, push).
    expect(server.count("token")).toBe(2);
  });

  it("bearer: anybody may pull where the registry says so, and nobody may push", async () => {
    const { server, repository } = await openRemote({ auth: { ...bearer, anonymousPull: true } });
    server.state
      .open(`${repository.name}`)
      .blobs.set(seededBlob(1).descriptor.digest, await bytesOf(seededBlob(1).open()));
    expect(await bytesOf(repository.fetch(seededBlob(1).descriptor))).toHaveLength(1_000);
    await rejectsWith(repository.push(seededBlob(2)), "DENIED");
  });

  it("bearer: a refresh token goes to the OAuth2 form, and a wrong one is UNAUTHORIZED", async () => {
    const options = { auth: { ...bearer, refreshToken: "r3fresh" } };
    const good = await openRemote(options, { credentials: async () => ({ identityToken: "r3fresh" }) });
    await good.repository.push(seededBlob(1));
    const bad = await openRemote(options, { credentials: async () => ({ identityToken: "wr0ng" }) });
    const error = await rejectsWith(bad.repository.push(seededBlob(1)), "UNAUTHORIZED");
    expect(error.message).not.toContain("wr0ng");
  });

  it("bearer: revoked tokens are replaced once, without the caller noticing", async () => {
    const { server, repository } = await openRemote({ auth: bearer }, { credentials: async () => user });
    const target = await pushArtifact(repository, seededArtifact(1));
    server.revokeTokens();
    await repository.tag(target, "v1");
    expect(await listOf(repository.tags())).toEqual(["v1"]);
  });

  it("bearer: a registry that refuses every token is asked twice, not for ever", async () => {
    const headers = { "www-authenticate": "" };
    const { server, repository } = await openRemote({ auth: bearer }, { credentials: async () => user });
    const challenge = `Bearer realm="${server.url}/token",service="x"`;
    const action = { kind: "answer", status: 401, headers: { ...headers, "www-authenticate": challenge } } as const;
    server.addFault({ route: "manifest.head", action, times: Number.POSITIVE_INFINITY });
    await rejectsWith(repository.resolve("v1"), "UNAUTHORIZED");
    expect(server.count("manifest.head")).toBe(2);
  });

  it("bearer: credentials do not go to a token server on another private address", async () => {
    const thief = await openRemote({ auth: bearer });
    const realm = thief.server.url.replace("127.0.0.1", "127.0.0.2");
    const { repository } = await openRemote(
      { auth: { ...bearer, realm: `${realm}/token` } },
      { credentials: async () => user },
    );
    await rejectsWith(repository.resolve("v1"), "REDIRECT_REFUSED");
    expect(thief.server.requests).toEqual([]);
  });

  for (const [what, action, code] of [
    ["HTML", { kind: "answer", status: 200, body: "<html>" }, "BAD_RESPONSE"],
    ["no token", { kind: "answer", status: 200, body: "{}" }, "BAD_RESPONSE"],
    ...[
      '["t"]',
      '{"token":1}',
      '{"token":null}',
      '{"token":"t","access_token":{}}',
      '{"token":"t","refresh_token":1}',
      '{"token":"t","expires_in":"300"}',
      '{"token":"t","expires_in":1e999}',
    ].map((body) => [body, { kind: "answer", status: 200, body }, "BAD_RESPONSE"] as const),
    [
      "a token that would split a header",
      { kind: "answer", status: 200, body: '{"token":"a\\r\\nb"}' },
      "BAD_RESPONSE",
    ],
    ["an endless body", { kind: "answer", status: 200, body: "x".repeat(200_000) }, "LIMIT_EXCEEDED"],
    ["403", { kind: "answer", status: 403 }, "UNAUTHORIZED"],
    ["400", { kind: "answer", status: 400, body: '{"error":"invalid_grant"}' }, "UNAUTHORIZED"],
    ["404", { kind: "answer", status: 404 }, "BAD_RESPONSE"],
    ["500 for ever", { kind: "answer", status: 500 }, "UNAVAILABLE"],
  ] as const) {
    it(`bearer: a token server that answers ${what} is ${code}`, async () => {
      const { server, repository } = await openRemote({ auth: bearer }, { credentials: async () => user });
      server.addFault({ route: "token", action, times: Number.POSITIVE_INFINITY });
      await rejectsWith(repository.resolve("v1"), code);
      // The first attempt and three more; no more for each attempt of the request itself.
      expect(server.count("token")).toBeLessThanOrEqual(4);
    });
  }

  it("bearer: a token server's 404 is never taken for the registry's word that something is not there", async () => {
    const { server, repository } = await openRemote({ auth: bearer }, { credentials: async () => user });
    server.addFault({ route: "token", action: { kind: "answer", status: 404 }, times: Number.POSITIVE_INFINITY });
    const { descriptor } = seededBlob(1);
    const manifest = { ...descriptor, mediaType: mediaTypes.imageManifest };
    await rejectsWith(repository.exists(descriptor), "BAD_RESPONSE");
    await rejectsWith(repository.exists(manifest), "BAD_RESPONSE");
    await rejectsWith(listOf(repository.referrers(manifest)), "BAD_RESPONSE");
    await rejectsWith(listOf(repository.tags()), "BAD_RESPONSE");
    await rejectsWith(bytesOf(repository.fetch(descriptor)), "BAD_RESPONSE");
  });

  it("bearer: a token server that stumbles is asked again", async () => {
    const { server, repository } = await openRemote({ auth: bearer }, { credentials: async () => user });
    server.addFault({ route: "token", action: { kind: "answer", status: 503 }, times: 2 });
    await repository.push(seededBlob(1));
  });

  for (const credential of [{ identityToken: "t0ken" }, { registryToken: "t0ken" }]) {
    it(`basic: ${Object.keys(credential)[0]} is not enough, and that is said`, async () => {
      const { repository } = await openRemote(
        { auth: { kind: "basic", ...user } },
        { credentials: async () => credential },
      );
      const error = await rejectsWith(repository.resolve("v1"), "UNAUTHORIZED");
      expect(error.message).toContain("wants a user name and a password, and there is only a token");
      expect(error.message).not.toContain("t0ken");
    });
  }

  it("bearer: a token server without OAuth2 has no use for an identity token, and that is said", async () => {
    const { server, repository } = await openRemote(
      { auth: bearer },
      { credentials: async () => ({ identityToken: "t0ken" }) },
    );
    server.addFault({ route: "token", action: { kind: "answer", status: 404 }, times: Number.POSITIVE_INFINITY });
    const error = await rejectsWith(repository.resolve("v1"), "UNAUTHORIZED");
    expect(error.message).toContain("takes no identity tokens, expected a user name and a password");
  });

  it("bearer: an upload that may outlast its token starts with a new one", async () => {
    let now = Date.now();
    const { server, repository } = await openRemote(
      { auth: { ...bearer, tokenSeconds: 60 } },
      { credentials: async () => user, clock: () => new Date(now) },
    );
    await repository.push(seededBlob(1));
    const tokens = server.count("token");
    // Of 55 usable seconds, a tenth of one is left: enough for anything but a body.
    now += 54_900;
    await repository.push(seededBlob(2));
    expect(server.count("token")).toBe(tokens);
    await repository.push(seededBlob(3, 1024 * 1024));
    expect(server.count("token")).toBe(tokens + 1);
  });

  it("a challenge from another origin is never answered", async () => {
    const thief = await openRemote({ auth: bearer });
    const { server, repository } = await openRemote(
      { auth: { kind: "basic", ...user } },
      { credentials: async () => user },
    );
    const action = { kind: "answer", status: 307, headers: { location: `${thief.server.url}/v2/x/blobs/a` } } as const;
    await repository.push(seededBlob(1));
    server.addFault({ route: "blob.get", action });
    await rejectsWith(bytesOf(repository.fetch(seededBlob(1).descriptor)), "UNAUTHORIZED");
    expect(thief.server.requests.length).toBeGreaterThan(0);
    expect(thief.server.requests.every(({ headers }) => headers["authorization"] === undefined)).toBe(true);
  });
});
