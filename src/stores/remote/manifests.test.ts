import { describe, expect, it } from "vitest";
import { bytesOf, rejectsWith } from "../../../test/support/expect.ts";
import { pushArtifact, seededArtifact } from "../../../test/support/fixtures.ts";
import { type FaultAction, openRemote, type RegistryOptions } from "../../../test/support/registry/index.ts";
import { manifestLimitBytes } from "../../base/limits.ts";
import { fetchManifest } from "../../oci/fetch-manifest.ts";

const other = `sha256:${"1".repeat(64)}`;
const html = { kind: "answer", status: 200, headers: { "content-type": "text/html" }, body: "<h1>hi</h1>" } as const;

async function tagged(options: RegistryOptions = {}) {
  const opened = await openRemote(options);
  const target = await pushArtifact(opened.repository, seededArtifact(1));
  await opened.repository.tag(target, "v1");
  const before = opened.server.requests.length;
  return { ...opened, target, routes: () => opened.server.requests.slice(before).map(({ route }) => route) };
}

describe("resolve", () => {
  it("is one HEAD", async () => {
    const { repository, target, routes, server } = await tagged();
    expect((await repository.resolve("v1")).digest).toBe(target.digest);
    expect(routes()).toEqual(["manifest.head"]);
    expect(server.requests.at(-1)?.headers["accept"]).toContain("application/vnd.oci.image.manifest.v1+json");
  });

  const lacking: readonly (readonly [string, FaultAction])[] = [
    ["has no digest", { kind: "headers", headers: { "docker-content-digest": "" } }],
    ["has an unusable digest", { kind: "headers", headers: { "docker-content-digest": "md5:abc" } }],
    ["has no type", { kind: "headers", headers: { "content-type": "" } }],
    ["is not allowed", { kind: "answer", status: 405 }],
  ];
  for (const [what, action] of lacking) {
    it(`reads the manifest and hashes it where HEAD ${what}`, async () => {
      const { repository, server, target, routes } = await tagged();
      server.addFault({ route: "manifest.head", action });
      const { mediaType, digest, size } = target;
      expect(await repository.resolve("v1")).toEqual({ mediaType, digest, size });
      expect(routes()).toEqual(["manifest.head", "manifest.get"]);
    });
  }

  it("drops the parameters of a media type", async () => {
    const { repository, server, target } = await tagged();
    const headers = { "content-type": `${target.mediaType}; charset=utf-8` };
    server.addFault({ route: "manifest.head", action: { kind: "headers", headers } });
    server.addFault({ route: "manifest.get", action: { kind: "headers", headers } });
    expect((await repository.resolve("v1")).mediaType).toBe(target.mediaType);
    expect((await fetchManifest(repository, target)).descriptor.digest).toBe(target.digest);
  });

  it("refuses a digest header that is not the digest asked for", async () => {
    const { repository, server, target } = await tagged();
    server.addFault({
      route: "manifest.head",
      action: { kind: "headers", headers: { "docker-content-digest": other } },
    });
    await rejectsWith(repository.resolve(target.digest), "BAD_RESPONSE");
  });

  it("refuses a body that is not what the header says", async () => {
    const { repository, server } = await tagged({ noManifestHead: true });
    server.addFault({
      route: "manifest.get",
      action: { kind: "headers", headers: { "docker-content-digest": other } },
    });
    await rejectsWith(repository.resolve("v1"), "BAD_RESPONSE");
  });

  it("refuses HTML", async () => {
    const { repository, server, target } = await tagged();
    for (const route of ["manifest.head", "manifest.get"] as const) server.addFault({ route, action: html, times: 9 });
    await rejectsWith(repository.resolve("v1"), "BAD_RESPONSE");
    await rejectsWith(repository.exists(target), "BAD_RESPONSE");
    await rejectsWith(bytesOf(repository.fetch(target)), "BAD_RESPONSE");
  });

  it("refuses a manifest above 4 MiB before it is read, declared or not", async () => {
    const { repository, server } = await tagged({ noManifestHead: true });
    const body = "x".repeat(manifestLimitBytes + 1);
    const headers = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
    server.addFault({ route: "manifest.get", action: { kind: "answer", status: 200, headers, body } });
    await rejectsWith(repository.resolve("v1"), "LIMIT_EXCEEDED");
    const huge = { ...seededArtifact(1).manifest.descriptor, size: manifestLimitBytes + 1 };
    const before = server.requests.length;
    await rejectsWith(bytesOf(repository.fetch(huge)), "LIMIT_EXCEEDED");
    expect(server.requests.length).toBe(before);
  });

  it("a 404 is NOT_FOUND with the registry's own error as its cause", async () => {
    const { repository } = await tagged();
    const error = await rejectsWith(repository.resolve("v2"), "NOT_FOUND");
    expect(error.cause).toMatchObject({ code: "BAD_RESPONSE", status: 404, method: "HEAD" });
  });
});

describe("fetch of a manifest", () => {
  for (const [what, action, code] of [
    [
      "another type than the descriptor's",
      { kind: "headers", headers: { "content-type": "application/json" } },
      "BAD_RESPONSE",
    ],
    ["another digest in the header", { kind: "headers", headers: { "docker-content-digest": other } }, "BAD_RESPONSE"],
    ["other bytes", { kind: "corrupt" }, "DIGEST_MISMATCH"],
    ["fewer bytes", { kind: "truncate", bytes: 9 }, "SIZE_MISMATCH"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { repository, server, target } = await tagged();
      server.addFault({ route: "manifest.get", action });
      await rejectsWith(bytesOf(repository.fetch(target)), code);
    });
  }

  it("gives a range of it", async () => {
    const { repository, target } = await tagged();
    const raw = seededArtifact(1).manifest.raw;
    const read = await bytesOf(repository.fetchRange(target, { start: 3, end: 9 }));
    expect(read.equals(raw.subarray(3, 9))).toBe(true);
  });
});

describe("push of a manifest", () => {
  it("sends the bytes under their own type", async () => {
    const { server, repository } = await openRemote();
    await pushArtifact(repository, seededArtifact(1));
    const put = server.requests.find(({ route }) => route === "manifest.put");
    expect(put?.headers["content-type"]).toBe("application/vnd.oci.image.manifest.v1+json");
  });

  it("is sent again after what may pass", async () => {
    const { server, repository } = await openRemote();
    for (const action of [
      { kind: "answer", status: 503 },
      { kind: "lose answer" },
      { kind: "reset", afterBytes: -1 },
    ] as const) {
      server.addFault({ route: "manifest.put", action });
    }
    const target = await pushArtifact(repository, seededArtifact(1));
    expect(await repository.exists(target)).toBe(true);
  });

  for (const [what, action, code] of [
    ["stores something else", { kind: "headers", headers: { "docker-content-digest": other } }, "BAD_RESPONSE"],
    ["answers HTML", html, "BAD_RESPONSE"],
    ["has no such repository", { kind: "answer", status: 404 }, "NOT_FOUND"],
    ["is out of quota", { kind: "answer", status: 403 }, "DENIED"],
  ] as const) {
    it(`to a registry that ${what} is ${code}`, async () => {
      const { server, repository } = await openRemote();
      server.addFault({ route: "manifest.put", action });
      await rejectsWith(pushArtifact(repository, seededArtifact(1)), code);
    });
  }
});
