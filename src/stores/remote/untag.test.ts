import { describe, expect, it } from "vitest";
import { listOf, rejectsWith } from "../../../test/support/expect.ts";
import { pushArtifact, seededArtifact } from "../../../test/support/fixtures.ts";
import { openRemote, type RegistryOptions } from "../../../test/support/registry/index.ts";
import type { RemoteOptions } from "./options.ts";

const user = { username: "ann", password: "s3cret: ü" };
const always = Number.POSITIVE_INFINITY;

/** A repository with tags v1 and v2 on one manifest. */
async function tagged(registry: RegistryOptions = {}, remote: Partial<RemoteOptions> = {}) {
  const opened = await openRemote(registry, remote);
  const target = await pushArtifact(opened.repository, seededArtifact(1));
  for (const tag of ["v1", "v2"]) await opened.repository.tag(target, tag);
  return { ...opened, target };
}

async function isOnly(opened: Awaited<ReturnType<typeof tagged>>, tag: string): Promise<void> {
  expect(await listOf(opened.repository.tags())).toEqual([tag]);
  expect((await opened.repository.resolve(tag)).digest).toBe(opened.target.digest);
}

describe("untag", () => {
  it("is one DELETE of the tag where the registry does that", async () => {
    const opened = await tagged();
    await opened.repository.untag("v1");
    await isOnly(opened, "v2");
    expect(opened.server.count("manifest.delete")).toBe(1);
    expect(opened.server.count("harbor.ping")).toBe(0);
  });

  for (const [what, auth] of [
    ["without credentials", { kind: "none" }],
    ["with the password, not the registry's token", { kind: "bearer", ...user }],
  ] as const) {
    it(`uses Harbor's own API where DELETE is refused, ${what}`, async () => {
      const opened = await tagged({ noTagDelete: true, harbor: true, auth }, { credentials: async () => user });
      await opened.repository.untag("v1");
      await isOnly(opened, "v2");
      await rejectsWith(opened.repository.untag("v1"), "NOT_FOUND");
      // Asked once whether it is one, without credentials; the repository's slashes are encoded twice.
      const asked = opened.server.requests.filter(({ route }) => route === "harbor.ping");
      expect(asked.map(({ headers }) => headers["authorization"])).toEqual([undefined]);
    });
  }

  it("encodes the slashes of a Harbor repository twice", async () => {
    const { registry, server } = await openRemote({ noTagDelete: true, harbor: true });
    const repository = registry.repository("team/models/risk");
    await repository.tag(await pushArtifact(repository, seededArtifact(1)), "v1");
    await repository.untag("v1");
    const { path } = server.requests.find(({ route }) => route === "harbor.tag") ?? {};
    expect(path).toBe("/api/v2.0/projects/team/repositories/models%252Frisk/artifacts/v1/tags/v1");
  });

  it("is Harbor's refusal where Harbor refuses, without the password", async () => {
    const action = { kind: "answer", status: 412, body: `Basic no ${user.password}` } as const;
    const { repository } = await tagged(
      { noTagDelete: true, harbor: true, auth: { kind: "basic", ...user }, faults: [{ route: "harbor.tag", action }] },
      { credentials: async () => user },
    );
    const error = await rejectsWith(repository.untag("v1"), "BAD_RESPONSE");
    expect(error.message).toContain("412");
    expect(error.message).not.toContain(user.password);
  });

  for (const [what, action] of [
    ["answers its ping with something else", { kind: "answer", status: 200, body: "<h1>hello</h1>" }],
    ["has a login page there", { kind: "answer", status: 200, body: "x".repeat(10_000) }],
    ["wants credentials there", { kind: "answer", status: 401 }],
  ] as const) {
    it(`does not take a registry for a Harbor that ${what}`, async () => {
      const { repository, server } = await tagged({
        noTagDelete: true,
        harbor: true,
        faults: [{ route: "harbor.ping", action, times: always }],
      });
      await rejectsWith(repository.untag("v1"), "UNSUPPORTED");
      expect(server.count("harbor.tag")).toBe(0);
    });
  }

  it("is UNSUPPORTED where nothing else works, and writes nothing unless allowed to", async () => {
    const opened = await tagged({ noTagDelete: true });
    const before = opened.server.count("manifest.put");
    await rejectsWith(opened.repository.untag("v1"), "UNSUPPORTED");
    expect(opened.server.count("manifest.put")).toBe(before);
    expect((await opened.repository.resolve("v1")).digest).toBe(opened.target.digest);
  });

  it("goes by way of a manifest of its own when allowed to, which leaves no trace", async () => {
    const opened = await tagged({ noTagDelete: true }, { allowDummyManifest: true });
    await opened.repository.untag("v1");
    await isOnly(opened, "v2");
    expect(opened.server.state.open(opened.repository.name).manifests.size).toBe(1);
    await rejectsWith(opened.repository.untag("v1"), "NOT_FOUND");
  });

  it("does so for several tags at once without taking another along", async () => {
    const opened = await tagged({ noTagDelete: true }, { allowDummyManifest: true });
    for (const tag of ["v3", "v4"]) await opened.repository.tag(opened.target, tag);
    await Promise.all(["v1", "v3", "v4"].map((tag) => opened.repository.untag(tag)));
    await isOnly(opened, "v2");
  });

  for (const [what, status, code] of [
    ["refuses", 405, "UNSUPPORTED"],
    ["fails", 403, "DENIED"],
  ] as const) {
    it(`puts the tag back where the registry ${what} to delete manifests`, async () => {
      const { repository, server, target } = await tagged({ noTagDelete: true }, { allowDummyManifest: true });
      const action = { kind: "answer", status } as const;
      server.addFault({ route: "manifest.delete", action, skip: 1 });
      await rejectsWith(repository.untag("v1"), code);
      expect((await repository.resolve("v1")).digest).toBe(target.digest);
    });
  }

  it("puts the tag back when deletion does not take the tag along", async () => {
    const { repository, server, target } = await tagged({ noTagDelete: true }, { allowDummyManifest: true });
    server.addFault({ route: "manifest.delete", action: { kind: "answer", status: 202 }, skip: 1 });
    await rejectsWith(repository.untag("v1"), "UNSUPPORTED");
    expect((await repository.resolve("v1")).digest).toBe(target.digest);
  });

  it("starts over where the manifest went and nobody knows what became of the tag", async () => {
    const opened = await tagged({ noTagDelete: true }, { allowDummyManifest: true });
    // docker-registry: 500 after it has deleted the manifest and before it has untagged it, and 404 when asked again.
    for (const status of [500, 404]) {
      opened.server.addFault({ route: "manifest.delete", action: { kind: "answer", status }, skip: 1 });
    }
    await opened.repository.untag("v1");
    await isOnly(opened, "v2");
  });

  it("gives up where each of its manifests is gone before it is deleted, with the tag as it was", async () => {
    const { repository, server, target } = await tagged({ noTagDelete: true }, { allowDummyManifest: true });
    server.addFault({ route: "manifest.delete", action: { kind: "answer", status: 404 }, skip: 1, times: always });
    const before = server.count("manifest.delete");
    await rejectsWith(repository.untag("v1"), "UNSUPPORTED");
    expect(server.count("manifest.delete") - before).toBe(4);
    expect((await repository.resolve("v1")).digest).toBe(target.digest);
  });

  it("puts nothing on the tag of a caller who has aborted", async () => {
    const { repository, server } = await tagged({ noTagDelete: true }, { allowDummyManifest: true });
    const before = server.count("manifest.put");
    await expect(repository.untag("v1", { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    expect(server.count("manifest.put")).toBe(before);
  });

  it("refuses what is no tag", async () => {
    const { repository } = await tagged();
    for (const bad of ["../../x", "", "a/b"]) await rejectsWith(repository.untag(bad), "INVALID_REFERENCE");
  });
});
