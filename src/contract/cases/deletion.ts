import { expect } from "vitest";
import { attach } from "../../oci/attach.ts";
import { bytesOf, listOf, rejectsWith } from "../expect.ts";
import { pushArtifact, seededArtifact, seededBlob } from "../fixtures.ts";
import type { DefineCase } from "../target-contract.ts";

export function deleteCases(define: DefineCase): void {
  define("delete: a manifest goes with all its tags, or the store says UNSUPPORTED", async ({ repository }) => {
    const target = await pushArtifact(repository, seededArtifact(1));
    const other = await pushArtifact(repository, seededArtifact(2));
    await repository.tag(target, "v1");
    await repository.tag(target, "v1-staging");
    await repository.tag(other, "v2");
    if (!repository.supports.delete) {
      await rejectsWith(repository.delete(target), "UNSUPPORTED");
      expect((await repository.resolve("v1")).digest).toBe(target.digest);
      return;
    }
    await repository.delete(target);
    expect(await repository.exists(target)).toBe(false);
    for (const gone of ["v1", "v1-staging", target.digest]) {
      await rejectsWith(repository.resolve(gone), "NOT_FOUND");
    }
    expect(await listOf(repository.tags())).toEqual(["v2"]);
    expect((await repository.resolve("v2")).digest).toBe(other.digest);
  });

  define("delete: what a manifest names, and what refers to it, stays", async ({ repository }) => {
    if (!repository.supports.delete) return;
    const artifact = seededArtifact(1);
    const target = await pushArtifact(repository, artifact);
    const referrer = await attach(repository, target, { artifactType: "application/vnd.test.card", layers: [] });
    await repository.delete(target);
    for (const blob of artifact.blobs) expect(await repository.exists(blob.descriptor)).toBe(true);
    expect((await listOf(repository.referrers(target))).map(({ digest }) => digest)).toEqual([referrer.digest]);
    expect(await repository.exists(referrer)).toBe(true);
  });

  define("delete: a referrer leaves the list", async ({ repository }) => {
    if (!repository.supports.delete) return;
    const subject = await pushArtifact(repository, seededArtifact(1));
    const artifactType = "application/vnd.test.card";
    const kept = await attach(repository, subject, { artifactType, layers: [seededBlob(2)] });
    const removed = await attach(repository, subject, { artifactType, layers: [seededBlob(3)] });
    await repository.delete(removed);
    expect((await listOf(repository.referrers(subject))).map(({ digest }) => digest)).toEqual([kept.digest]);
  });

  define("delete: a manifest can be pushed again", async ({ repository }) => {
    if (!repository.supports.delete) return;
    const target = await pushArtifact(repository, seededArtifact(1));
    await repository.delete(target);
    await pushArtifact(repository, seededArtifact(1));
    expect((await repository.resolve(target.digest)).digest).toBe(target.digest);
  });

  define("delete: a blob, or UNSUPPORTED", async ({ repository }) => {
    const blob = seededBlob(1);
    await repository.push(blob);
    if (!repository.supports.delete) {
      await rejectsWith(repository.delete(blob.descriptor), "UNSUPPORTED");
      expect(await repository.exists(blob.descriptor)).toBe(true);
      return;
    }
    await repository.delete(blob.descriptor);
    expect(await repository.exists(blob.descriptor)).toBe(false);
    await rejectsWith(bytesOf(repository.fetch(blob.descriptor)), "NOT_FOUND");
  });

  define("delete: what is not there is NOT_FOUND", async ({ repository }) => {
    if (!repository.supports.delete) return;
    await pushArtifact(repository, seededArtifact(1));
    await rejectsWith(repository.delete(seededBlob(2).descriptor), "NOT_FOUND");
    await rejectsWith(repository.delete(seededArtifact(2).manifest.descriptor), "NOT_FOUND");
  });
}
