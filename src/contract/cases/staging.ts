import { writeSync } from "node:fs";
import { expect } from "vitest";
import type { Repository, StagedBlob, Stager } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { bytesOf, listOf, rejectsWith } from "../expect.ts";
import { blobOf, seededBlob, seededBytes } from "../fixtures.ts";
import { type DefineOffered, whereOffered } from "../optional.ts";
import type { DefineCase, TargetFixture } from "../target-contract.ts";

type StagingRepository = Repository & Stager;

const bytes = seededBytes(1, 1_000);
const { descriptor } = blobOf(bytes);

export function stagingCases(define: DefineCase, fixture: TargetFixture): void {
  const defineStaging = whereOffered("stage", define, fixture);
  keepCases(defineStaging);
  refusalCases(defineStaging, fixture);
  presentCases(defineStaging);
  abortedCases(defineStaging);
  if (fixture.sha512) sha512Cases(defineStaging);
}

function keepCases(define: DefineOffered<"stage">): void {
  for (const [what, size] of [
    ["1,000 bytes", 1_000],
    ["3 MiB and a byte", 3 * 1024 * 1024 + 1],
    ["no bytes", 0],
  ] as const) {
    define(`stage: ${what} have their name only once they are kept, and are a blob then`, async ({ repository }) => {
      const content = seededBytes(size, size);
      const target = blobOf(content).descriptor;
      const staged = await staging(repository, content);
      await expectAbsent(repository, target);
      expect(await staged.keep(target)).toBe("stored");
      await staged.discard();
      await expectContent(repository, target, content);
    });
  }

  define("stage: two files at a time do not disturb each other", async ({ repository }) => {
    const contents = [seededBytes(1, 1_000), seededBytes(2, 2_000)];
    const both: [StagedBlob, Uint8Array][] = [];
    for (const content of contents) both.push([await repository.stage(), content]);
    for (const [staged, content] of both) writeAll(staged, content);
    for (const [staged, content] of both) {
      expect(await staged.keep(blobOf(content).descriptor)).toBe("stored");
      await staged.discard();
    }
    for (const content of contents) await expectContent(repository, blobOf(content).descriptor, content);
  });
}

function refusalCases(define: DefineOffered<"stage">, { catalog }: TargetFixture): void {
  for (const [what, content] of [
    ["shorter than said", bytes.subarray(1)],
    ["longer than said", Buffer.concat([bytes, bytes])],
    ["empty that should not be", new Uint8Array()],
  ] as const) {
    define(`stage: a file that is ${what} is declined, and nothing is stored`, async ({ repository }) => {
      const staged = await staging(repository, content);
      expect(await staged.keep(descriptor)).toBe("declined");
      await staged.discard();
      await expectAbsent(repository, descriptor);
      await repository.push(blobOf(bytes));
      await expectContent(repository, descriptor, bytes);
    });
  }

  define("stage: other bytes than the digest says never pass for its content", async ({ repository }) => {
    const staged = await staging(repository, seededBytes(2, bytes.byteLength));
    // Nobody reads them again for this: a store may refuse them now, and must refuse them when they are read.
    const outcome = await staged.keep(descriptor).catch(() => "declined");
    await staged.discard();
    if (outcome === "declined") await expectAbsent(repository, descriptor);
    else await rejectsWith(bytesOf(repository.fetch(descriptor)), "DIGEST_MISMATCH");
  });

  define("stage: discarding leaves nothing, and may be done twice", async ({ registry, repository }) => {
    const staged = await staging(repository, bytes);
    await staged.discard();
    await staged.discard();
    await expectAbsent(repository, descriptor);
    if (catalog !== false) expect(await listOf(registry.repositories())).not.toContain(repository.name);
  });

  define("stage: discarding what was kept leaves it, also twice", async ({ repository }) => {
    const staged = await staging(repository, bytes);
    await staged.keep(descriptor);
    await staged.discard();
    await staged.discard();
    await expectContent(repository, descriptor, bytes);
  });
}

function presentCases(define: DefineOffered<"stage">): void {
  define("stage: content that is there already is present, and is left alone", async ({ repository }) => {
    await repository.push(blobOf(bytes));
    // Other bytes, to see that they do not replace it.
    const staged = await staging(repository, seededBytes(2, bytes.byteLength));
    expect(await staged.keep(descriptor)).toBe("present");
    await staged.discard();
    await expectContent(repository, descriptor, bytes);
  });

  define("stage: several of one content at once all succeed, and one blob stays", async ({ repository }) => {
    const all = await Promise.all(Array.from({ length: 4 }, () => staging(repository, bytes)));
    const outcomes = await Promise.all(all.map((staged) => staged.keep(descriptor)));
    await Promise.all(all.map((staged) => staged.discard()));
    expect(outcomes).toContain("stored");
    expect(outcomes).not.toContain("declined");
    await expectContent(repository, descriptor, bytes);
  });
}

function abortedCases(define: DefineOffered<"stage">): void {
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);

  define("stage: makes nothing under a signal that is aborted", async ({ repository }) => {
    await expect(repository.stage({ signal })).rejects.toBe(reason);
  });

  define("stage: keeps nothing under a signal that is aborted", async ({ repository }) => {
    await repository.push(seededBlob(2));
    const staged = await staging(repository, bytes);
    await expect(staged.keep(descriptor, { signal })).rejects.toBe(reason);
    await staged.discard();
    await expectAbsent(repository, descriptor);
  });
}

function sha512Cases(define: DefineOffered<"stage">): void {
  define("sha512: a staged file comes back as it went", async ({ repository }) => {
    const target = seededBlob(1, 1_000, { algorithm: "sha512" }).descriptor;
    const staged = await staging(repository, bytes);
    expect(await staged.keep(target)).toBe("stored");
    await staged.discard();
    await expectContent(repository, target, bytes);
  });
}

/** A staged file that holds the content. */
async function staging(repository: StagingRepository, content: Uint8Array): Promise<StagedBlob> {
  const staged = await repository.stage();
  writeAll(staged, content);
  return staged;
}

function writeAll({ file }: StagedBlob, content: Uint8Array): void {
  for (let at = 0; at < content.byteLength; ) at += writeSync(file, content, at);
}

async function expectContent(repository: Repository, target: Descriptor, content: Uint8Array): Promise<void> {
  expect(await repository.exists(target)).toBe(true);
  expect((await bytesOf(repository.fetch(target))).equals(content)).toBe(true);
}

async function expectAbsent(repository: Repository, target: Descriptor): Promise<void> {
  expect(await repository.exists(target)).toBe(false);
  await rejectsWith(bytesOf(repository.fetch(target)), "NOT_FOUND");
}
