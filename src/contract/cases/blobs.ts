import { expect } from "vitest";
import type { ByteSink } from "../../oci/content.ts";
import type { BlobSource } from "../../oci/source.ts";
import { bytesOf, rejectsWith } from "../expect.ts";
import { blobOf, lyingSource, seededBlob, seededBytes, slowSource, unreadableSource } from "../fixtures.ts";
import { whereOffered } from "../optional.ts";
import type { DefineCase, TargetFixture } from "../target-contract.ts";

const mebibyte = 1024 * 1024;

export function blobCases(define: DefineCase, fixture: TargetFixture): void {
  pushCases(define);
  fetchCases(define);
  rangeCases(define, fixture);
  if (fixture.sha512) sha512Cases(define);
}

function pushCases(define: DefineCase): void {
  for (const [what, size] of [
    ["a blob of 1,000 bytes", 1_000],
    ["a blob of 3 MiB and a byte", 3 * mebibyte + 1],
    ["an empty blob", 0],
  ] as const) {
    define(`push: ${what} comes back as it went`, async ({ repository }) => {
      const bytes = seededBytes(size, size);
      const blob = blobOf(bytes);
      expect(await repository.exists(blob.descriptor)).toBe(false);
      await repository.push(blob);
      expect(await repository.exists(blob.descriptor)).toBe(true);
      expect((await bytesOf(repository.fetch(blob.descriptor))).equals(bytes)).toBe(true);
    });
  }

  define("push: leaves content alone that is there already", async ({ repository }) => {
    const blob = seededBlob(1);
    await repository.push(blob);
    await repository.push(unreadableSource(blob.descriptor));
  });

  define("push: counts every byte it sends", async ({ repository }) => {
    let sent = 0;
    await repository.push(
      slowSource(seededBlob(2, 10_000), 1_000, () => {}),
      { onBytes: (count) => (sent += count) },
    );
    expect(sent).toBe(10_000);
  });

  for (const [what, size, change, code] of [
    ["bytes of another digest", 1_000, (bytes: Uint8Array) => seededBytes(99, bytes.byteLength), "DIGEST_MISMATCH"],
    ["content shorter than its descriptor", 1_000, (bytes: Uint8Array) => bytes.subarray(1), "SIZE_MISMATCH"],
    [
      "content longer than its descriptor",
      1_000,
      (bytes: Uint8Array) => Buffer.concat([bytes, bytes]),
      "TRAILING_DATA",
    ],
    ["one byte where none should be", 0, () => Uint8Array.of(1), "TRAILING_DATA"],
  ] as const) {
    define(`push: refuses ${what} and keeps nothing`, async ({ repository }) => {
      const bytes = seededBytes(3, size);
      const { descriptor } = blobOf(bytes);
      await rejectsWith(repository.push(lyingSource(descriptor, change(bytes))), code);
      expect(await repository.exists(descriptor)).toBe(false);
      await rejectsWith(bytesOf(repository.fetch(descriptor)), "NOT_FOUND");
    });
  }

  define("push: can be repeated after a failure", async ({ repository }) => {
    const blob = seededBlob(4);
    await rejectsWith(repository.push(lyingSource(blob.descriptor, seededBytes(5, 1_000))), "DIGEST_MISMATCH");
    await repository.push(blob);
    expect(await repository.exists(blob.descriptor)).toBe(true);
  });

  define("push: hands on the error of a source that breaks, and keeps nothing", async ({ repository }) => {
    const broken = new Error("disk gone");
    const source = slowSource(seededBlob(6), 100, () => {
      throw broken;
    });
    await expect(repository.push(source)).rejects.toSatisfy(
      (error) => error === broken || (error as Error).cause === broken,
    );
    expect(await repository.exists(source.descriptor)).toBe(false);
  });

  define("push: several pushes of one blob at once all succeed", async ({ repository }) => {
    const blob = seededBlob(7, 200_000);
    const slow: BlobSource = slowSource(blob, 50_000, () => new Promise((resolve) => setImmediate(resolve)));
    await Promise.all([slow, blob, slow, blob].map((source) => repository.push(source)));
    expect((await bytesOf(repository.fetch(blob.descriptor))).byteLength).toBe(200_000);
  });
}

function fetchCases(define: DefineCase): void {
  define("fetch: content that is not there is NOT_FOUND", async ({ repository }) => {
    await rejectsWith(bytesOf(repository.fetch(seededBlob(1).descriptor)), "NOT_FOUND");
    await repository.push(seededBlob(2));
    await rejectsWith(bytesOf(repository.fetch(seededBlob(1).descriptor)), "NOT_FOUND");
  });

  define("fetch: refuses content longer or shorter than the descriptor asks for", async ({ repository }) => {
    const blob = seededBlob(3);
    await repository.push(blob);
    const { descriptor } = blob;
    await rejectsWith(bytesOf(repository.fetch({ ...descriptor, size: 999 })), "TRAILING_DATA", "SIZE_MISMATCH");
    await rejectsWith(bytesOf(repository.fetch({ ...descriptor, size: 1_001 })), "SIZE_MISMATCH");
  });

  define("fetch: ends with an error when the stored bytes have changed", async ({ repository, corrupt }) => {
    if (!corrupt) return;
    const blob = seededBlob(4);
    await repository.push(blob);
    await corrupt(repository.name, blob.descriptor.digest);
    await rejectsWith(bytesOf(repository.fetch(blob.descriptor)), "DIGEST_MISMATCH");
  });

  define("fetch: two readers of one blob do not disturb each other", async ({ repository }) => {
    const bytes = seededBytes(5, 500_000);
    const { descriptor } = blobOf(bytes);
    await repository.push(blobOf(bytes));
    const both = await Promise.all([bytesOf(repository.fetch(descriptor)), bytesOf(repository.fetch(descriptor))]);
    expect(both.every((read) => read.equals(bytes))).toBe(true);
  });

  define("fetch: a reader may stop early", async ({ repository }) => {
    const blob = seededBlob(6, 2 * mebibyte);
    await repository.push(blob);
    for await (const chunk of repository.fetch(blob.descriptor)) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    expect((await bytesOf(repository.fetch(blob.descriptor))).byteLength).toBe(2 * mebibyte);
  });
}

function rangeCases(define: DefineCase, fixture: TargetFixture): void {
  for (const [what, start, end] of [
    ["the first byte", 0, 1],
    ["bytes in the middle", 400, 700],
    ["the last byte", 999, 1_000],
    ["the whole blob", 0, 1_000],
    ["no bytes", 500, 500],
  ] as const) {
    define(`fetchRange: gives ${what}`, async ({ repository }) => {
      const bytes = seededBytes(1, 1_000);
      await repository.push(blobOf(bytes));
      const read = await bytesOf(repository.fetchRange(blobOf(bytes).descriptor, { start, end }));
      expect(read.equals(bytes.subarray(start, end))).toBe(true);
    });
  }

  const defineReceive = whereOffered("receive", define, fixture);
  defineReceive("receive: gives what fetchRange gives, and NOT_FOUND", async ({ repository }) => {
    const bytes = seededBytes(1, 1_000);
    const { descriptor } = blobOf(bytes);
    const received: number[] = [];
    const memory = new Uint8Array(300);
    const sink: ByteSink = {
      room: () => memory,
      filled: (count) => {
        received.push(...memory.subarray(0, count));
        return true;
      },
    };
    await rejectsWith(repository.receive(descriptor, { start: 0, end: 10 }, sink), "NOT_FOUND");
    await repository.push(blobOf(bytes));
    for (const [start, end] of [
      [400, 700],
      [0, 1_000],
      [999, 1_000],
    ] as const) {
      received.length = 0;
      const outcome = await repository.receive(descriptor, { start, end }, sink).then(
        () => "received",
        (error: unknown) => (error as { readonly code?: unknown }).code,
      );
      // A store may have the whole only; then it says so, and gives no bytes.
      if (outcome === "UNSUPPORTED" && end - start < bytes.byteLength) expect(received).toEqual([]);
      else expect([outcome, received]).toEqual(["received", [...bytes.subarray(start, end)]]);
    }
  });

  define("fetchRange: content that is not there is NOT_FOUND", async ({ repository }) => {
    const { descriptor } = seededBlob(1);
    await rejectsWith(bytesOf(repository.fetchRange(descriptor, { start: 0, end: 10 })), "NOT_FOUND");
  });
}

function sha512Cases(define: DefineCase): void {
  define("sha512: a blob comes back as it went, and is verified", async ({ repository, corrupt }) => {
    const blob = seededBlob(1, 1_000, { algorithm: "sha512" });
    await rejectsWith(repository.push(lyingSource(blob.descriptor, seededBytes(2, 1_000))), "DIGEST_MISMATCH");
    await repository.push(blob);
    expect(await repository.exists(blob.descriptor)).toBe(true);
    expect((await bytesOf(repository.fetch(blob.descriptor))).equals(seededBytes(1, 1_000))).toBe(true);
    if (!corrupt) return;
    await corrupt(repository.name, blob.descriptor.digest);
    await rejectsWith(bytesOf(repository.fetch(blob.descriptor)), "DIGEST_MISMATCH");
  });
}
