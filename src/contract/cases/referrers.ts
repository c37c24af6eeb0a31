import { expect } from "vitest";
import { attach } from "../../oci/attach.ts";
import type { Repository } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { referrerTree } from "../../oci/graph.ts";
import { parseManifest } from "../../oci/manifest.ts";
import { manifestSource } from "../../oci/pack.ts";
import { listOf } from "../expect.ts";
import { indexOf, manifestSourceAs, pushArtifact, seededArtifact, seededBlob } from "../fixtures.ts";
import type { DefineCase, TargetFixture } from "../target-contract.ts";

const card = "application/vnd.test.card.v1";
const evaluation = "application/vnd.test.eval.v1";

export function referrerCases(define: DefineCase, fixture: TargetFixture): void {
  listCases(define);
  shapeCases(define);
  if (fixture.sha512) sha512Cases(define);
}

function listCases(define: DefineCase): void {
  define("referrers: none is an empty list, also for a subject that is not there", async ({ repository }) => {
    const { descriptor } = seededArtifact(1).manifest;
    expect(await listOf(repository.referrers(descriptor))).toEqual([]);
    await pushArtifact(repository, seededArtifact(1));
    expect(await listOf(repository.referrers(descriptor))).toEqual([]);
  });

  define("referrers: come with artifact type and annotations", async ({ repository }) => {
    const subject = await pushArtifact(repository, seededArtifact(1));
    const annotations = { "dev.test.kind": "card", "org.example": "ü" };
    const attached = await attach(repository, subject, { artifactType: card, layers: [seededBlob(2)], annotations });
    const { mediaType, digest, size } = attached;
    expect(await listOf(repository.referrers(subject))).toMatchObject([
      { mediaType, digest, size, artifactType: card, annotations },
    ]);
  });

  define("referrers: can be asked for by artifact type", async ({ repository }) => {
    const subject = await pushArtifact(repository, seededArtifact(1));
    const cards = [await attachBlob(repository, subject, card, 2), await attachBlob(repository, subject, card, 3)];
    const evals = [await attachBlob(repository, subject, evaluation, 4)];
    expect(await digestsOf(repository, subject)).toEqual(sortedDigests([...cards, ...evals]));
    expect(await digestsOf(repository, subject, card)).toEqual(sortedDigests(cards));
    expect(await digestsOf(repository, subject, evaluation)).toEqual(sortedDigests(evals));
    expect(await digestsOf(repository, subject, "application/vnd.test.other")).toEqual([]);
  });

  define("referrers: the same attachment twice is one referrer", async ({ repository }) => {
    const subject = await pushArtifact(repository, seededArtifact(1));
    const first = await attachBlob(repository, subject, card, 2);
    expect((await attachBlob(repository, subject, card, 2)).digest).toBe(first.digest);
    expect(await digestsOf(repository, subject)).toEqual([first.digest]);
  });

  define("referrers: many attached at once are all listed", async ({ repository }) => {
    const subject = await pushArtifact(repository, seededArtifact(1));
    const seeds = Array.from({ length: 12 }, (_, n) => n + 10);
    const attached = await Promise.all(seeds.map((seed) => attachBlob(repository, subject, card, seed)));
    expect(await digestsOf(repository, subject)).toEqual(sortedDigests(attached));
  });

  define("referrers: a subject that comes later finds them", async ({ repository }) => {
    const later = seededArtifact(1);
    const attached = await attachBlob(repository, later.manifest.descriptor, card, 2);
    expect(await digestsOf(repository, later.manifest.descriptor)).toEqual([attached.digest]);
    await pushArtifact(repository, later);
    expect(await digestsOf(repository, later.manifest.descriptor)).toEqual([attached.digest]);
  });
}

function shapeCases(define: DefineCase): void {
  define("referrers: a referrer can have referrers", async ({ repository }) => {
    const subject = await pushArtifact(repository, seededArtifact(1));
    const statement = await attachBlob(repository, subject, card, 2);
    const signature = await attachBlob(repository, statement, evaluation, 3);
    expect(await digestsOf(repository, subject)).toEqual([statement.digest]);
    expect(await digestsOf(repository, statement)).toEqual([signature.digest]);
    const tree = await referrerTree(repository, subject);
    expect(tree.referrers[0]?.referrers[0]?.descriptor.digest).toBe(signature.digest);
  });

  define("referrers: a referrer with a tag is still one", async ({ repository }) => {
    const subject = await pushArtifact(repository, seededArtifact(1));
    const attached = await attachBlob(repository, subject, card, 2);
    await repository.tag(attached, "card-a");
    await repository.tag(attached, "card-b");
    expect(await digestsOf(repository, subject)).toEqual([attached.digest]);
    expect((await listOf(repository.tags())).sort()).toEqual(["card-a", "card-b"]);
  });

  define("referrers: without artifactType the config's media type stands in", async ({ repository }) => {
    const subject = await pushArtifact(repository, seededArtifact(1));
    const config = seededBlob(2, 10, { mediaType: "application/vnd.test.config.v1+json" });
    await repository.push(config);
    const { artifactType: _dropped, ...rest } = seededArtifact(3, { subject }).manifest.value;
    const referrer = { ...rest, config: config.descriptor };
    for (const blob of seededArtifact(3).blobs) await repository.push(blob);
    const manifest = parseManifest(
      Buffer.from(JSON.stringify(referrer)),
      seededArtifact(3).manifest.descriptor.mediaType,
    );
    await repository.push(manifestSource(manifest));
    const [listed] = await listOf(repository.referrers(subject));
    expect(listed?.artifactType).toBe("application/vnd.test.config.v1+json");
  });

  define("referrers: an index can refer", async ({ repository }) => {
    const subject = await pushArtifact(repository, seededArtifact(1));
    const part = await pushArtifact(repository, seededArtifact(2));
    const { mediaType, digest, size } = subject;
    const index = indexOf([part], { artifactType: card, subject: { mediaType, digest, size } });
    await repository.push(manifestSource(index));
    expect(await digestsOf(repository, subject, card)).toEqual([index.descriptor.digest]);
  });
}

function sha512Cases(define: DefineCase): void {
  define("sha512: a subject under sha512 has referrers", async ({ repository }) => {
    const { manifest, blobs } = seededArtifact(1);
    for (const blob of blobs) await repository.push(blob);
    const subject = manifestSourceAs(manifest, "sha512");
    await repository.push(subject);
    const attached = await attachBlob(repository, subject.descriptor, card, 2);
    expect(await digestsOf(repository, subject.descriptor)).toEqual([attached.digest]);
    expect(await digestsOf(repository, manifest.descriptor)).toEqual([]);
  });
}

function attachBlob(repository: Repository, subject: Descriptor, artifactType: string, seed: number) {
  return attach(repository, subject, { artifactType, layers: [seededBlob(seed)] });
}

async function digestsOf(repository: Repository, subject: Descriptor, artifactType?: string): Promise<string[]> {
  const options = artifactType === undefined ? {} : { artifactType };
  return sortedDigests(await listOf(repository.referrers(subject, options)));
}

function sortedDigests(descriptors: readonly Descriptor[]): string[] {
  return descriptors.map(({ digest }) => digest).sort();
}
