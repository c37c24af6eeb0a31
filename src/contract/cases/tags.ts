import { expect } from "vitest";
import { hasCode } from "../../base/errors.ts";
import { referrersTag } from "../../oci/referrers-tag.ts";
import { listOf, rejectsWith } from "../expect.ts";
import { pushArtifact, seededArtifact } from "../fixtures.ts";
import type { DefineCase, Stage, TargetFixture } from "../target-contract.ts";

export function tagCases(define: DefineCase, fixture: TargetFixture): void {
  plainCases(define);
  onceCases(define, fixture);
  untagCases(define);
}

function plainCases(define: DefineCase): void {
  define("tag: names a manifest, and several tags may name the same", async ({ repository }) => {
    const target = await pushArtifact(repository, seededArtifact(1));
    const { mediaType, digest, size } = target;
    for (const tag of ["v1", "v1-staging", "1.0.0_build", "_x", "A".repeat(128)]) {
      await repository.tag(target, tag);
      expect(await repository.resolve(tag)).toMatchObject({ mediaType, digest, size });
    }
    expect((await listOf(repository.tags())).length).toBe(5);
  });

  define("tag: moves when told so, and both manifests stay", async ({ repository }) => {
    const [first, second] = await twoManifests({ repository });
    await repository.tag(first, "latest");
    await repository.tag(second, "latest");
    expect((await repository.resolve("latest")).digest).toBe(second.digest);
    expect((await repository.resolve(first.digest)).digest).toBe(first.digest);
    expect(await listOf(repository.tags())).toEqual(["latest"]);
  });

  define("tag: a manifest that is not there is NOT_FOUND", async ({ repository }) => {
    await pushArtifact(repository, seededArtifact(1));
    await rejectsWith(repository.tag(seededArtifact(2).manifest.descriptor, "v1"), "NOT_FOUND");
    await rejectsWith(repository.resolve("v1"), "NOT_FOUND");
  });

  define("tag: refuses what is no tag", async ({ repository }) => {
    const target = await pushArtifact(repository, seededArtifact(1));
    for (const bad of ["", "a/b", "../x", "-x", ".x", "a b", "ü", "x".repeat(129), "a:b", target.digest]) {
      await rejectsWith(repository.tag(target, bad), "INVALID_REFERENCE");
    }
    expect(await listOf(repository.tags())).toEqual([]);
  });

  define("tags: lists every tag once, and none of the referrers fallback", async ({ repository }) => {
    const target = await pushArtifact(repository, seededArtifact(1));
    const names = Array.from({ length: 30 }, (_, n) => `v${n}`);
    for (const name of names) await repository.tag(target, name);
    await repository.tag(target, referrersTag(seededArtifact(2).manifest.descriptor.digest));
    expect((await listOf(repository.tags())).sort()).toEqual(names.sort());
  });
}

function onceCases(define: DefineCase, fixture: TargetFixture): void {
  define("tag once: writes a new tag, and the same again is success", async ({ repository }) => {
    const target = await pushArtifact(repository, seededArtifact(1));
    await repository.tag(target, "v1", { once: true });
    await repository.tag(target, "v1", { once: true });
    expect((await repository.resolve("v1")).digest).toBe(target.digest);
  });

  define("tag once: another digest is a CONFLICT and changes nothing", async ({ repository }) => {
    const [first, second] = await twoManifests({ repository });
    await repository.tag(first, "v1", { once: true });
    await rejectsWith(repository.tag(second, "v1", { once: true }), "CONFLICT");
    expect((await repository.resolve("v1")).digest).toBe(first.digest);
  });

  define("tag once: of several at the same time at most one wins", async ({ repository }) => {
    const seeds = [1, 2, 3, 4, 5, 6];
    const targets = await Promise.all(seeds.map((seed) => pushArtifact(repository, seededArtifact(seed))));
    const outcomes = await Promise.allSettled(targets.map((target) => repository.tag(target, "v1", { once: true })));
    const winner = (await repository.resolve("v1")).digest;
    expect(targets.map(({ digest }) => digest)).toContain(winner);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(hasCode(outcome.reason, "CONFLICT"), String(outcome.reason)).toBe(true);
    }
    if (!fixture.atomicOnce) return;
    const winners = targets.filter((_, at) => outcomes[at]?.status === "fulfilled");
    expect(winners.map(({ digest }) => digest)).toEqual([winner]);
  });
}

function untagCases(define: DefineCase): void {
  define("untag: removes the tag and nothing else, or says UNSUPPORTED", async ({ repository }) => {
    const target = await pushArtifact(repository, seededArtifact(1));
    await repository.tag(target, "v1");
    await repository.tag(target, "v2");
    if (!repository.supports.untag) {
      await rejectsWith(repository.untag("v1"), "UNSUPPORTED");
      expect((await repository.resolve("v1")).digest).toBe(target.digest);
      return;
    }
    await repository.untag("v1");
    await rejectsWith(repository.resolve("v1"), "NOT_FOUND");
    expect(await listOf(repository.tags())).toEqual(["v2"]);
    await repository.untag("v2");
    expect(await listOf(repository.tags())).toEqual([]);
    expect((await repository.resolve(target.digest)).digest).toBe(target.digest);
  });

  define("untag: a tag that is not there is NOT_FOUND", async ({ repository }) => {
    if (!repository.supports.untag) return;
    await pushArtifact(repository, seededArtifact(1));
    await rejectsWith(repository.untag("v1"), "NOT_FOUND");
  });
}

async function twoManifests({ repository }: Pick<Stage, "repository">) {
  return [
    await pushArtifact(repository, seededArtifact(101)),
    await pushArtifact(repository, seededArtifact(102)),
  ] as const;
}
