import { describe, expect, it } from "vitest";
import { listOf, rejectsWith } from "../../../test/support/expect.ts";
import { pushArtifact, seededArtifact } from "../../../test/support/fixtures.ts";
import { openRemote } from "../../../test/support/registry/index.ts";
import { hasCode } from "../../base/errors.ts";
import type { TransferEvent } from "../../base/events.ts";
import { checkLogin, RemoteRegistry } from "./index.ts";

describe("RemoteRegistry", () => {
  it("refuses what is no host or no prefix", () => {
    for (const options of [
      { host: "" },
      { host: "a/b" },
      { host: "user@a" },
      { host: "a b" },
      { host: "a?x" },
      { host: "a:99999" },
      { host: "a", prefix: "../x" },
      { host: "a", prefix: "X" },
    ]) {
      expect(() => new RemoteRegistry(options), JSON.stringify(options)).toThrow(
        expect.toSatisfy((error: unknown) => hasCode(error, "INVALID_REFERENCE")),
      );
    }
  });

  it("says where it is, and keeps one object per repository", () => {
    const registry = new RemoteRegistry({ host: "r.example", prefix: "ml" });
    expect(registry.location).toBe("r.example/ml");
    expect(registry.repository("risk")).toBe(registry.repository("risk"));
    expect(registry.repository("risk")).toMatchObject({ name: "risk", location: "r.example/ml/risk" });
    expect(registry.repository("risk").supports).toEqual({ delete: true, untag: true, mount: true });
  });

  it("nobody there is NETWORK, at once and in words", async () => {
    const { server, registry, repository } = await openRemote();
    const { host } = server;
    await server.close();
    const started: TransferEvent[] = [];
    const other = new RemoteRegistry({ host, onEvent: (event) => started.push(event) });
    const error = await rejectsWith(other.repository("a").resolve("v1"), "NETWORK");
    expect(error.message).toContain("connection refused");
    expect(started).toEqual([]);
    await rejectsWith(checkLogin(registry), "NETWORK");
    await rejectsWith(repository.resolve("v1"), "NETWORK");
  });

  it("a name that nobody has is NETWORK", async () => {
    const registry = new RemoteRegistry({ host: "mreg.invalid", retry: { retries: 0 } });
    await rejectsWith(checkLogin(registry), "NETWORK");
  });

  it("https to a registry that only speaks http is NETWORK", async () => {
    const { server } = await openRemote();
    const registry = new RemoteRegistry({ host: server.host, plainHttp: false });
    await rejectsWith(checkLogin(registry), "NETWORK");
    await registry.close();
  });

  it("HTML where a registry should be is BAD_RESPONSE", async () => {
    const { server, registry } = await openRemote();
    const headers = { "content-type": "text/html; charset=utf-8" };
    server.addFault({ route: "base", action: { kind: "answer", status: 200, headers, body: "<h1>Welcome</h1>" } });
    await rejectsWith(checkLogin(registry), "BAD_RESPONSE");
    await checkLogin(registry);
  });

  it("a stall ends with TIMEOUT after a bounded number of tries", async () => {
    const { server, registry } = await openRemote(
      {},
      { timeouts: { responseMs: 50 }, retry: { retries: 2, minDelayMs: 1 } },
    );
    server.addFault({ route: "base", action: { kind: "stall", afterBytes: -1 }, times: Number.POSITIVE_INFINITY });
    const error = await rejectsWith(checkLogin(registry), "TIMEOUT");
    expect(error.message).toContain("nothing moved for 50 ms");
    expect(server.count("base")).toBe(3);
  });

  it("retries what may pass, and tells about it", async () => {
    const events: TransferEvent[] = [];
    const { server, registry } = await openRemote({}, { onEvent: (event) => events.push(event) });
    server.addFault({ route: "base", action: { kind: "answer", status: 503, headers: { "retry-after": "3600" } } });
    server.addFault({ route: "base", action: { kind: "reset", afterBytes: -1 } });
    await checkLogin(registry);
    expect(events.filter(({ type }) => type === "retry")).toMatchObject([
      { type: "retry", attempt: 1, reason: "UNAVAILABLE (503)" },
      { type: "retry", attempt: 2, reason: "NETWORK" },
    ]);
  });

  it("passes on each warning once", async () => {
    const warnings: string[] = [];
    const { server, registry } = await openRemote({}, { onWarning: (text) => warnings.push(text) });
    const warning = '299 - "this \\"registry\\" \u001b[1mcloses on Friday"';
    for (const text of [warning, warning, '199 - "stale"']) {
      server.addFault({ route: "base", action: { kind: "headers", headers: { warning: text.replace("\u001b", "") } } });
      await checkLogin(registry);
    }
    expect(warnings).toEqual(['this "registry" [1mcloses on Friday']);
  });

  it("sends its user agent, and many requests over few connections", async () => {
    const { server, registry, repository } = await openRemote({}, { userAgent: "mreg/9.9" });
    for (let round = 0; round < 10; round++) {
      await checkLogin(registry);
      await repository.exists(seededArtifact(1).manifest.descriptor);
    }
    expect(server.requests.every(({ headers }) => headers["user-agent"] === "mreg/9.9")).toBe(true);
    // Twenty requests; undici opens a second connection when the first is not idle at once.
    expect(new Set(server.requests.map(({ clientPort }) => clientPort)).size).toBeLessThan(5);
  });
});

describe("repositories", () => {
  it("come page by page, below the prefix only, without it", async () => {
    const { server, registry } = await openRemote({ pageSize: 2 });
    for (const name of ["ml/a", "ml/b/c", "mlx/d", "e", "ml/f"]) {
      await pushArtifact(registry.repository(name), seededArtifact(1));
    }
    const below = new RemoteRegistry({ host: server.host, prefix: "ml" });
    expect(await listOf(below.repositories())).toEqual(["a", "b/c", "f"]);
    expect(await listOf(registry.repositories())).toHaveLength(5);
  });

  for (const status of [401, 403, 404, 405]) {
    it(`${status} is UNSUPPORTED`, async () => {
      const { server, registry } = await openRemote();
      server.addFault({ route: "catalog", action: { kind: "answer", status } });
      await rejectsWith(listOf(registry.repositories()), "UNSUPPORTED");
    });
  }

  it.each(['{"repositories":{}}', '["risk"]', '{"repositories":["risk",null]}', '"risk"'])(
    "%s is BAD_RESPONSE",
    async (body) => {
      const { server, registry } = await openRemote();
      server.addFault({ route: "catalog", action: { kind: "answer", status: 200, body } });
      await rejectsWith(listOf(registry.repositories()), "BAD_RESPONSE");
    },
  );

  it("null is none", async () => {
    const { server, registry } = await openRemote();
    server.addFault({ route: "catalog", action: { kind: "answer", status: 200, body: '{"repositories":null}' } });
    expect(await listOf(registry.repositories())).toEqual([]);
  });
});

describe("delete", () => {
  it("is UNSUPPORTED where the registry says 405, for manifests and blobs", async () => {
    const { repository } = await openRemote({ noDelete: true });
    const artifact = seededArtifact(1);
    const target = await pushArtifact(repository, artifact);
    await rejectsWith(repository.delete(target), "UNSUPPORTED");
    await rejectsWith(repository.delete(artifact.blobs[1]!.descriptor), "UNSUPPORTED");
    expect(await repository.exists(target)).toBe(true);
  });
});
