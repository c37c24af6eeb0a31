import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { type RemoteOptions, RemoteRegistry } from "../../src/stores/remote/index.ts";
import { listOf, rejectsWith } from "../support/expect.ts";
import { pushArtifact, seededArtifact } from "../support/fixtures.ts";
import { onRegistries } from "./support/on-registries.ts";

/** Registries that delete manifests and their tags, but no tag alone. */
const withoutUntag = ["docker-registry"];

onRegistries((host, name) => {
  async function tagged(options: Partial<RemoteOptions> = {}) {
    const registry = new RemoteRegistry({ host: host(), ...options });
    onTestFinished(() => registry.close());
    const repository = registry.repository(`tags/t-${randomBytes(6).toString("hex")}`);
    const target = await pushArtifact(repository, seededArtifact(1));
    await repository.tagAll(target, ["v1", "v2", "v3"]);
    return { repository, target };
  }

  test("writes several tags, in one request or one by one", async () => {
    const { repository, target } = await tagged();
    expect((await listOf(repository.tags())).sort()).toEqual(["v1", "v2", "v3"]);
    for (const tag of ["v1", "v2", "v3"]) expect((await repository.resolve(tag)).digest).toBe(target.digest);
  });

  test("removes a tag and nothing else, or says that it does not", async () => {
    const { repository, target } = await tagged();
    if (withoutUntag.includes(name)) await rejectsWith(repository.untag("v1"), "UNSUPPORTED");
    else await repository.untag("v1");
    const left = withoutUntag.includes(name) ? ["v1", "v2", "v3"] : ["v2", "v3"];
    expect((await listOf(repository.tags())).sort()).toEqual(left);
    expect((await repository.resolve(target.digest)).digest).toBe(target.digest);
  });

  test("removes a tag by way of a manifest where that is allowed and nothing else works", async () => {
    const { repository, target } = await tagged({ allowDummyManifest: true });
    await Promise.all(["v1", "v3"].map((tag) => repository.untag(tag)));
    expect(await listOf(repository.tags())).toEqual(["v2"]);
    expect((await repository.resolve("v2")).digest).toBe(target.digest);
    await rejectsWith(repository.untag("v1"), "NOT_FOUND");
  });
});
