import { setImmediate as turn } from "node:timers/promises";
import { expect } from "vitest";
import type { Digest } from "../../base/digest.ts";
import type { AheadContent, AheadPusher, Repository } from "../../oci/content.ts";
import type { BlobSource } from "../../oci/source.ts";
import { bytesOf, rejectsWith } from "../expect.ts";
import { lyingSource, seededBlob, seededBytes, slowSource } from "../fixtures.ts";
import { type DefineOffered, whereOffered } from "../optional.ts";
import type { DefineCase, TargetFixture } from "../target-contract.ts";

type AheadRepository = Repository & AheadPusher;

const size = 200_005;
const pieceBytes = 50_000;
const blob = seededBlob(1, size);
const { descriptor } = blob;
const { digest } = descriptor;

/**
 * A store may decline whatever it does not want ahead of its digest, as long as nothing comes of it: so every case ends
 * with the promise, or with that.
 */
export function aheadCases(define: DefineCase, fixture: TargetFixture): void {
  const defineAhead = whereOffered("pushAhead", define, fixture);
  storeCases(defineAhead);
  mismatchCases(defineAhead);
  failureCases(defineAhead);
}

function storeCases(define: DefineOffered<"pushAhead">): void {
  for (const [what, known] of [
    ["comes meanwhile", hashed],
    ["is known already", () => Promise.resolve(digest)],
  ] as const) {
    define(`pushAhead: content whose digest ${what} is stored, or left to a push`, async ({ repository }) => {
      let sent = 0;
      const onBytes = (count: number) => (sent += count);
      const outcome = await repository.pushAhead(contentOf(blob), known(), { onBytes });
      expect(["stored", "declined"]).toContain(outcome);
      if (outcome === "declined") {
        expect(sent).toBe(0);
        await repository.push(blob, { onBytes });
      }
      expect(sent).toBe(size);
      await expectStored(repository);
    });
  }

  define("pushAhead: content that is there already is present, or declined, and stays", async ({ repository }) => {
    await repository.push(blob);
    let sent = 0;
    const onBytes = (count: number) => (sent += count);
    const outcome = await repository.pushAhead(contentOf(blob), Promise.resolve(digest), { onBytes });
    expect(["present", "declined"]).toContain(outcome);
    expect(sent).toBe(0);
    await expectStored(repository);
  });
}

function mismatchCases(define: DefineOffered<"pushAhead">): void {
  const bytes = seededBytes(1, size);
  for (const [what, sent] of [
    ["other bytes than were hashed", seededBytes(2, size)],
    ["fewer bytes than were hashed", bytes.subarray(1)],
    ["more bytes than were hashed", Buffer.concat([bytes, bytes])],
  ] as const) {
    define(`pushAhead: ${what} are not stored, and the right ones can be pushed`, async ({ repository }) => {
      const content = contentOf(lyingSource(descriptor, sent));
      const outcome = await repository.pushAhead(content, hashed()).catch(() => "refused");
      expect(["refused", "declined"]).toContain(outcome);
      await expectAbsent(repository);
      await repository.push(blob);
      await expectStored(repository);
    });
  }
}

function failureCases(define: DefineOffered<"pushAhead">): void {
  define(
    "pushAhead: a digest that fails ends it with the same error, and nothing is stored",
    async ({ repository }) => {
      const failure = new Error("it was written while it was read");
      const failed = hashed().then(() => Promise.reject<Digest>(failure));
      // A store that declines at once does not look at it.
      failed.catch(() => {});
      await endsWith(failure, repository, contentOf(blob), failed);
    },
  );

  define("pushAhead: hands on the error of a source that breaks, and keeps nothing", async ({ repository }) => {
    const broken = new Error("disk gone");
    const source = slowSource(blob, pieceBytes, () => {
      throw broken;
    });
    await endsWith(broken, repository, contentOf(source), hashed());
  });

  define("pushAhead: does nothing under a signal that is aborted", async ({ repository }) => {
    const reason = new Error("enough");
    await endsWith(reason, repository, contentOf(blob), hashed(), { signal: AbortSignal.abort(reason) });
  });

  define("pushAhead: stops in the middle when it is aborted, and keeps nothing", async ({ repository }) => {
    const reason = new Error("enough");
    const stop = new AbortController();
    const source = slowSource(blob, pieceBytes, () => stop.abort(reason));
    await endsWith(reason, repository, contentOf(source), hashed(), { signal: stop.signal });
  });
}

/** The digest as somebody else computes it, in some turns. */
async function hashed(): Promise<Digest> {
  for (let turns = 0; turns < 20; turns++) await turn();
  return digest;
}

/** A source of which no more is said than its size. */
function contentOf(source: BlobSource): AheadContent {
  return { size, open: (offset) => source.open(offset) };
}

/** Expects it to fail with this very error, or to be declined; nothing is stored either way. */
async function endsWith(expected: Error, repository: AheadRepository, ...call: Parameters<AheadPusher["pushAhead"]>) {
  const end = await repository.pushAhead(...call).catch((error: unknown) => error);
  expect(["declined", expected]).toContain(end instanceof Error && end.cause === expected ? expected : end);
  await expectAbsent(repository);
}

async function expectStored(repository: Repository): Promise<void> {
  expect(await repository.exists(descriptor)).toBe(true);
  expect((await bytesOf(repository.fetch(descriptor))).equals(seededBytes(1, size))).toBe(true);
}

async function expectAbsent(repository: Repository): Promise<void> {
  expect(await repository.exists(descriptor)).toBe(false);
  await rejectsWith(bytesOf(repository.fetch(descriptor)), "NOT_FOUND");
}
