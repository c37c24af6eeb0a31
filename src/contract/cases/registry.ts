import { expect } from "vitest";
import { hasCode } from "../../base/errors.ts";
import { bytesOf, listOf, rejectsWith } from "../expect.ts";
import { pushArtifact, seededArtifact, seededBlob, seededBytes } from "../fixtures.ts";
import { optionalInterfaces } from "../optional.ts";
import type { DefineCase, TargetFixture } from "../target-contract.ts";

export function registryCases(define: DefineCase, fixture: TargetFixture): void {
  repositoryCases(define, fixture);
  mountCases(define);
}

function repositoryCases(define: DefineCase, fixture: TargetFixture): void {
  define("repository: says what it is called and where it is", async ({ registry, freshName }) => {
    const name = `${freshName()}/deep/er`;
    const repository = registry.repository(name);
    expect(repository.name).toBe(name);
    expect(repository.location.endsWith(name)).toBe(true);
    expect(registry.location).not.toBe("");
  });

  const { offers } = fixture;
  if (offers) {
    define("repository: has the optional interfaces that the fixture names, and no others", async ({ repository }) => {
      expect(optionalInterfaces.filter((each) => each in repository)).toEqual(
        optionalInterfaces.filter((each) => offers.includes(each)),
      );
    });
  }

  define("repository: refuses what is no name", async ({ registry }) => {
    for (const bad of [
      "",
      "..",
      "../x",
      "a/../b",
      "/a",
      "a/",
      "a//b",
      "A",
      "a b",
      ".a",
      "a\\b",
      "a\0b",
      "x".repeat(256),
    ]) {
      expect(() => registry.repository(bad), bad).toThrow(
        expect.toSatisfy((error: unknown) => hasCode(error, "INVALID_REFERENCE")),
      );
    }
  });

  define("repository: one that nobody wrote to is empty", async ({ repository }) => {
    const { descriptor } = seededArtifact(1).manifest;
    expect(await repository.exists(descriptor)).toBe(false);
    expect(await listOf(repository.tags())).toEqual([]);
    expect(await listOf(repository.referrers(descriptor))).toEqual([]);
    await rejectsWith(repository.resolve("v1"), "NOT_FOUND");
    await rejectsWith(repository.tag(descriptor, "v1"), "NOT_FOUND");
    await rejectsWith(bytesOf(repository.fetch(descriptor)), "NOT_FOUND");
  });

  define("repository: does not share content or tags with its neighbours", async ({ registry, freshName }) => {
    const outer = freshName();
    const [first, second] = [registry.repository(outer), registry.repository(`${outer}/inner`)];
    const target = await pushArtifact(first, seededArtifact(1));
    await first.tag(target, "v1");
    for (const { descriptor } of seededArtifact(1).blobs.slice(1)) expect(await second.exists(descriptor)).toBe(false);
    await rejectsWith(second.resolve("v1"), "NOT_FOUND");
    await pushArtifact(second, seededArtifact(2));
    await second.tag(seededArtifact(2).manifest.descriptor, "v1");
    expect((await first.resolve("v1")).digest).toBe(target.digest);
  });

  define("repository: a second handle sees what the first wrote", async ({ registry, repository }) => {
    const target = await pushArtifact(repository, seededArtifact(1));
    await repository.tag(target, "v1");
    expect((await registry.repository(repository.name).resolve("v1")).digest).toBe(target.digest);
  });

  define("repositories: lists every name, nested ones too, or says UNSUPPORTED", async ({ registry, freshName }) => {
    const outer = freshName();
    const names = [outer, `${outer}/a`, `${outer}/b/c`];
    for (const [at, name] of names.entries()) {
      const repository = registry.repository(name);
      await repository.tag(await pushArtifact(repository, seededArtifact(at)), "v1");
    }
    if (fixture.catalog === false) {
      await rejectsWith(listOf(registry.repositories()), "UNSUPPORTED");
      return;
    }
    const listed = (await listOf(registry.repositories())).filter((name) => name.startsWith(outer));
    expect(listed.sort()).toEqual(names.sort());
  });
}

function mountCases(define: DefineCase): void {
  define("mount: shares a blob and says true, or says false and does nothing", async ({ registry, freshName }) => {
    const [from, to] = [registry.repository(freshName()), registry.repository(freshName())];
    const blob = seededBlob(1);
    await from.push(blob);
    await to.push(seededBlob(2));
    const mounted = await to.mount(blob.descriptor, from.name);
    if (!to.supports.mount) expect(mounted).toBe(false);
    expect(await to.exists(blob.descriptor)).toBe(mounted);
    if (!mounted) return;
    expect((await bytesOf(to.fetch(blob.descriptor))).equals(seededBytes(1, 1_000))).toBe(true);
    if (!to.supports.delete) return;
    await from.delete(blob.descriptor);
    expect((await bytesOf(to.fetch(blob.descriptor))).equals(seededBytes(1, 1_000))).toBe(true);
  });

  define(
    "mount: is false for a blob or a repository that is not there",
    async ({ registry, repository, freshName }) => {
      const source = registry.repository(freshName());
      await source.push(seededBlob(1));
      expect(await repository.mount(seededBlob(2).descriptor, source.name)).toBe(false);
      expect(await repository.mount(seededBlob(1).descriptor, freshName())).toBe(false);
      expect(await repository.exists(seededBlob(1).descriptor)).toBe(false);
    },
  );

  define("mount: is true for a blob that is there already", async ({ registry, repository, freshName }) => {
    if (!repository.supports.mount) return;
    const source = registry.repository(freshName());
    for (const each of [source, repository]) await each.push(seededBlob(1));
    expect(await repository.mount(seededBlob(1).descriptor, source.name)).toBe(true);
  });
}
