import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { bytesOf, rejectsWith } from "../../../test/support/expect.ts";
import { seededBlob, seededBytes, slowSource } from "../../../test/support/fixtures.ts";
import { type FaultAction, openRemote, type RegistryOptions } from "../../../test/support/registry/index.ts";
import type { Digest } from "../../base/digest.ts";
import type { AheadOutcome } from "../../oci/content.ts";
import type { RemoteOptions } from "./options.ts";

const mebibyte = 1024 * 1024;
const size = 2 * mebibyte + 5;
const blob = seededBlob(1, size);
const { digest } = blob.descriptor;

interface Attempt {
  readonly registry?: RegistryOptions;
  readonly remote?: Partial<RemoteOptions>;
  readonly action?: FaultAction;
  readonly route?: "upload.patch" | "upload.put";
  /** Default: known as soon as everything has been read. */
  readonly digest?: Promise<Digest>;
  readonly open?: typeof blob.open;
  readonly signal?: AbortSignal;
}

/** Pushes the blob ahead of its digest, and tells what came of it and how. */
async function ahead(attempt: Attempt) {
  const opened = await openRemote(attempt.registry ?? {}, { aheadBytes: mebibyte, ...attempt.remote });
  if (attempt.action) opened.server.addFault({ route: attempt.route ?? "upload.patch", action: attempt.action });
  let know: (digest: Digest) => void = () => {};
  const known = new Promise<Digest>((resolve) => {
    know = resolve;
  });
  let sent = 0;
  const content = {
    size,
    async *open(offset: number) {
      yield* (attempt.open ?? blob.open)(offset);
      know(digest);
    },
  };
  const options = {
    onBytes: (count: number) => (sent += count),
    ...(attempt.signal ? { signal: attempt.signal } : {}),
  };
  // Where nothing is read, nobody waits for the hash either.
  void sleep(300).then(() => know(digest));
  const run = opened.repository.pushAhead(content, attempt.digest ?? known, options);
  const routes = () => opened.server.requests.flatMap(({ route }) => (route?.startsWith("upload.") ? [route] : []));
  return { ...opened, run, routes, sent: () => sent, options };
}

type Started = Awaited<ReturnType<typeof ahead>>;

/** The push that follows a declined one. */
async function expectStored({ repository, options, sent, run }: Started, outcome: AheadOutcome): Promise<void> {
  expect(await run).toBe(outcome);
  if (outcome === "declined") await repository.push(blob, options);
  expect((await bytesOf(repository.fetch(blob.descriptor))).equals(seededBytes(1, size))).toBe(true);
  expect(sent()).toBe(outcome === "present" ? 0 : size);
}

describe("pushAhead", () => {
  it("sends one PATCH with its length, and closes it with the digest", async () => {
    const upload = await ahead({});
    await expectStored(upload, "stored");
    expect(upload.routes()).toEqual(["upload.post", "upload.patch", "upload.put"]);
    const patch = upload.server.requests.find(({ route }) => route === "upload.patch");
    expect(patch?.headers).toMatchObject({ "content-length": String(size), "content-range": `0-${size - 1}` });
  });

  it("waits for a digest that comes after the last byte", async () => {
    await expectStored(await ahead({ digest: sleep(200).then(() => digest) }), "stored");
  });

  it("stops when the digest says that the blob is there, and removes the session", async () => {
    const upload = await ahead({ open: () => slowSource(blob, 4096, () => sleep(5)).open() });
    await upload.repository.push(blob);
    const again = upload.repository.pushAhead(
      { size, open: () => slowSource(blob, 4096, () => sleep(20)).open() },
      sleep(50).then(() => digest),
    );
    expect(await again).toBe("present");
    expect(upload.routes().slice(-1)).toEqual(["upload.delete"]);
    await upload.run;
  });

  it("asks before it sends when the digest is known already", async () => {
    const upload = await ahead({});
    await upload.run;
    const posts = upload.server.count("upload.post");
    const again = upload.repository.pushAhead({ size, open: blob.open }, Promise.resolve(digest));
    expect(await again).toBe("present");
    expect(upload.server.count("upload.post")).toBe(posts);
  });

  it.each<[string, RegistryOptions]>([
    ["GHCR, where a long PATCH is 416", { uploads: { patchLimitBytes: mebibyte } }],
    ["a registry without PATCH, 405", { uploads: { noPatch: true } }],
    ["a proxy that takes no long bodies, 413", { bodyLimitBytes: mebibyte }],
  ])("%s: declines, and does not try again for the next blob", async (_, registry) => {
    const upload = await ahead({ registry });
    await expectStored(upload, "declined");
    const posts = upload.server.count("upload.post");
    expect(await upload.repository.pushAhead({ size, open: blob.open }, Promise.resolve(digest))).toBe("declined");
    expect(upload.server.count("upload.post")).toBe(posts);
  });

  it.each<[string, Attempt, number]>([
    ["content below the size that is worth it", { remote: { aheadBytes: size + 1 } }, 0],
    ["pieces that the user asked for", { remote: { chunkBytes: mebibyte } }, 0],
    ["pieces that the registry asks for", { registry: { uploads: { chunkMaxBytes: mebibyte } } }, 1],
  ])("declines for %s", async (_, attempt, posts) => {
    const upload = await ahead(attempt);
    expect(await upload.run).toBe("declined");
    expect(upload.server.count("upload.post")).toBe(posts);
    expect(upload.server.count("upload.patch")).toBe(0);
  });

  it.each<[string, Attempt]>([
    ["cut in the middle, nothing kept", { action: { kind: "interrupt", afterBytes: mebibyte, outcome: "reset" } }],
    ["429 with Retry-After", { action: { kind: "answer", status: 429, headers: { "retry-after": "0" } } }],
    ["401 in the middle", { action: { kind: "interrupt", afterBytes: mebibyte, outcome: 401 } }],
    ["the answer to the PATCH is lost", { action: { kind: "lose answer" } }],
  ])("%s: the push that follows stores it", async (_, attempt) => {
    await expectStored(await ahead({ remote: { retry: { minDelayMs: 1 } }, ...attempt }), "declined");
  });

  it.each<[string, FaultAction]>([
    ["503 to the PUT", { kind: "answer", status: 503 }],
    ["the answer to the PUT is lost", { kind: "lose answer" }],
  ])("%s: it is stored all the same", async (_, action) => {
    await expectStored(await ahead({ remote: { retry: { minDelayMs: 1 } }, route: "upload.put", action }), "stored");
  });

  it("leaves what has arrived to the push that follows", async () => {
    const upload = await ahead({
      registry: { uploads: { cut: "keep" } },
      remote: { retry: { minDelayMs: 1 } },
      action: { kind: "interrupt", afterBytes: mebibyte, outcome: "reset" },
    });
    await expectStored(upload, "declined");
    expect(upload.routes()).toEqual(["upload.post", "upload.patch", "upload.get", "upload.patch", "upload.put"]);
    const [, second] = upload.server.requests.filter(({ route }) => route === "upload.patch");
    expect(Number(second?.headers["content-length"])).toBeLessThan(size);
  });

  it("what was sent is not what was hashed: the registry refuses it, and the push that follows says why", async () => {
    const other = seededBlob(2, size);
    const upload = await ahead({ open: other.open });
    expect(await upload.run).toBe("declined");
    expect(upload.server.state.open(upload.repository.name).blobs.size).toBe(0);
    const changed = { descriptor: blob.descriptor, open: other.open };
    await rejectsWith(upload.repository.push(changed), "DIGEST_MISMATCH");
    expect(upload.server.state.open(upload.repository.name).blobs.size).toBe(0);
  });

  it("a hash that fails ends it with the same error, and removes the session", async () => {
    const failure = new Error("it was written while it was read");
    const hash = Promise.withResolvers<never>();
    // Not before the upload is under way, however long that takes.
    const step = () => {
      hash.reject(failure);
      return sleep(20);
    };
    const upload = await ahead({ digest: hash.promise, open: () => slowSource(blob, 4096, step).open() });
    await expect(upload.run).rejects.toBe(failure);
    expect(upload.routes().slice(-1)).toEqual(["upload.delete"]);
  });

  it("a source that fails ends it with the source's error", async () => {
    const broken = new Error("EIO");
    const open = () =>
      slowSource(blob, mebibyte, () => {
        throw broken;
      }).open();
    await expect((await ahead({ open })).run).rejects.toBe(broken);
  });

  it("a signal ends it with its reason", async () => {
    const stop = new AbortController();
    const upload = await ahead({
      signal: stop.signal,
      open: () => slowSource(blob, 4096, () => stop.abort(new Error("enough"))).open(),
    });
    await expect(upload.run).rejects.toThrow("enough");
  });

  it("403 is not something to try another way", async () => {
    await rejectsWith((await ahead({ action: { kind: "answer", status: 403 } })).run, "DENIED");
  });
});
