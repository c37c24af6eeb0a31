import { describe, expect, it } from "vitest";
import { listOf, rejectsWith } from "../../../test/support/expect.ts";
import { manifestSourceAs, pushArtifact, seededArtifact } from "../../../test/support/fixtures.ts";
import { openRemote, type RegistryOptions } from "../../../test/support/registry/index.ts";

const names = Array.from({ length: 12 }, (_, n) => `v${n + 1}`).sort();

async function opened(options: RegistryOptions) {
  const all = await openRemote(options);
  const target = await pushArtifact(all.repository, seededArtifact(1));
  const before = all.server.count("manifest.put");
  return { ...all, target, puts: () => all.server.count("manifest.put") - before };
}

describe("tagAll", () => {
  it("writes ten tags per request where the registry proves that it takes them so", async () => {
    const { repository, target, puts } = await opened({ tagParameter: true });
    await repository.tagAll(target, [...names, "v1"]);
    expect((await listOf(repository.tags())).sort()).toEqual(names);
    for (const name of names) expect((await repository.resolve(name)).digest).toBe(target.digest);
    expect(puts()).toBe(2);
  });

  it("writes one by one where it does not, and does not ask again", async () => {
    const { repository, target, puts } = await opened({});
    await repository.tagAll(target, names.slice(0, 3));
    expect(puts()).toBe(4);
    await repository.tagAll(target, names.slice(3, 6));
    expect(puts()).toBe(7);
    expect((await listOf(repository.tags())).sort()).toEqual(names.slice(0, 6));
  });

  for (const [what, header, count] of [
    ["says only some of them", "v1, v11", 1 + 1],
    ["says others", "v99", 1 + 3],
  ] as const) {
    it(`writes by hand what the registry does not confirm: it ${what}`, async () => {
      const { repository, server, target, puts } = await opened({ tagParameter: true });
      server.addFault({ route: "manifest.put", action: { kind: "headers", headers: { "oci-tag": header } } });
      await repository.tagAll(target, ["v1", "v11", "v12"]);
      expect(puts()).toBe(count);
    });
  }

  it("says which tag is in the way when one may not be moved", async () => {
    const { repository, target } = await opened({ tagParameter: true, immutableTags: { status: 409 } });
    const other = await pushArtifact(repository, seededArtifact(2));
    await repository.tag(other, "v2");
    const error = await rejectsWith(repository.tagAll(target, ["v1", "v2"]), "CONFLICT");
    expect(error.message).toContain("tag v2");
  });

  it("refuses what is no tag before it writes any", async () => {
    const { repository, target, puts } = await opened({});
    await rejectsWith(repository.tagAll(target, ["v1", "a/b"]), "INVALID_REFERENCE");
    expect(puts()).toBe(0);
  });
});

describe("a manifest under sha512", () => {
  async function under512(options: RegistryOptions) {
    const all = await openRemote(options);
    await pushArtifact(all.repository, seededArtifact(2));
    const { manifest, blobs } = seededArtifact(1);
    for (const blob of blobs) await all.repository.push(blob);
    const source = manifestSourceAs(manifest, "sha512");
    await all.repository.push(source);
    return { ...all, target: source.descriptor, sha256: manifest.descriptor.digest };
  }

  it("gets a tag that names its sha512 digest where the registry can do that", async () => {
    const { repository, target } = await under512({ tagParameter: true });
    await repository.tag(target, "v1", { once: true });
    expect((await repository.resolve("v1")).digest).toBe(target.digest);
  });

  it("gets a tag that names the same bytes by sha256 elsewhere, which is no conflict", async () => {
    const { repository, target, sha256 } = await under512({});
    await repository.tag(target, "v1", { once: true });
    await repository.tag(target, "v1", { once: true });
    expect((await repository.resolve("v1")).digest).toBe(sha256);
    const other = seededArtifact(2).manifest.descriptor;
    await repository.tag(other, "v2");
    await rejectsWith(repository.tag(target, "v2", { once: true }), "CONFLICT");
  });
});
