import { describe, expect, it, onTestFinished, vi } from "vitest";
import { bytesOf, rejectsWith } from "../../../test/support/expect.ts";
import { seededBlob, seededBytes } from "../../../test/support/fixtures.ts";
import {
  type FaultAction,
  openRemote,
  type RegistryOptions,
  timeoutsFor,
} from "../../../test/support/registry/index.ts";

const size = 2_000_000;
const blob = seededBlob(1, size);
const html = { kind: "answer", status: 200, headers: { "content-type": "text/html" }, body: "<h1>hi</h1>" } as const;

/** A blob on a registry whose next downloads go wrong. */
async function withFault(action: FaultAction, times = 1, options: RegistryOptions = {}) {
  const opened = await openRemote(options, { timeouts: timeoutsFor(action) });
  await opened.repository.push(blob);
  opened.server.addFault({ route: "blob.get", action, times });
  return opened;
}

describe("download", () => {
  for (const [what, action] of [
    ["a reset", { kind: "reset", afterBytes: 500_000 }],
    ["a stall", { kind: "stall", afterBytes: 500_000 }],
  ] as const) {
    it(`goes on with a Range where ${what} broke it off`, async () => {
      const { server, repository } = await withFault(action, 2);
      expect((await bytesOf(repository.fetch(blob.descriptor))).equals(seededBytes(1, size))).toBe(true);
      const ranges = server.requests.filter(({ route }) => route === "blob.get").map(({ headers }) => headers["range"]);
      expect(ranges).toHaveLength(3);
      expect(ranges[0]).toBeUndefined();
      expect(ranges[2]).toMatch(/^bytes=[1-9][0-9]*-1999999$/);
    });
  }

  it("goes on also where the registry ignores ranges", async () => {
    const { repository } = await withFault({ kind: "reset", afterBytes: 500_000 }, 2, { noRange: true });
    expect((await bytesOf(repository.fetch(blob.descriptor))).equals(seededBytes(1, size))).toBe(true);
  });

  it("is verified as a whole when the rest comes from other bytes", async () => {
    const { server, repository } = await withFault({ kind: "reset", afterBytes: 500_000 });
    server.addFault({ route: "blob.get", action: { kind: "corrupt" } });
    await rejectsWith(bytesOf(repository.fetch(blob.descriptor)), "DIGEST_MISMATCH");
  });

  for (const [what, action, code] of [
    ["flips a bit", { kind: "corrupt" }, "DIGEST_MISMATCH"],
    ["ends early and in order", { kind: "truncate", bytes: 1_000 }, "SIZE_MISMATCH"],
    ["stalls before the headers", { kind: "stall", afterBytes: -1 }, "TIMEOUT"],
    ["stalls before the first byte", { kind: "stall", afterBytes: 0 }, "TIMEOUT"],
    ["resets before the headers", { kind: "reset", afterBytes: -1 }, "NETWORK"],
    ["answers an HTML page", html, "BAD_RESPONSE"],
    ["answers 500", { kind: "answer", status: 500 }, "UNAVAILABLE"],
    ["answers 429", { kind: "answer", status: 429 }, "RATE_LIMITED"],
    ["answers 403", { kind: "answer", status: 403 }, "DENIED"],
    ["answers 404", { kind: "answer", status: 404 }, "NOT_FOUND"],
    ["redirects in a circle", { kind: "answer", status: 307, headers: { location: "?x=1" } }, "REDIRECT_REFUSED"],
  ] as const) {
    it(`from a registry that always ${what} is ${code}, after few requests`, async () => {
      const { server, repository } = await withFault(action, Number.POSITIVE_INFINITY);
      await rejectsWith(bytesOf(repository.fetch(blob.descriptor)), code);
      expect(server.count("blob.get")).toBeLessThanOrEqual(20);
    });
  }

  it("from a registry that answers one byte at a time ends", async () => {
    const { server, repository } = await withFault({ kind: "reset", afterBytes: 1 }, Number.POSITIVE_INFINITY);
    await rejectsWith(bytesOf(repository.fetch(blob.descriptor)), "NETWORK");
    expect(server.count("blob.get")).toBeLessThan(150);
  });

  it("waits for a slow reader without calling it a stall", async () => {
    const { server, repository } = await withFault({ kind: "headers", headers: {} });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    let read = 0;
    for await (const chunk of repository.fetch(blob.descriptor)) {
      if (read === 0) vi.advanceTimersByTime(600_000);
      read += chunk.byteLength;
    }
    expect(read).toBe(size);
    // A stall would have been followed by a second request for the rest.
    expect(server.count("blob.get")).toBe(1);
  });

  it("follows a redirect to other storage without Authorization", async () => {
    const user = { username: "ann", password: "pw" };
    const storage = await openRemote();
    const { server, repository } = await openRemote(
      { auth: { kind: "basic", ...user } },
      { credentials: async () => user },
    );
    for (const each of [storage.registry.repository(repository.name), repository]) await each.push(blob);
    const location = `${storage.server.url}/v2/${repository.name}/blobs/${blob.descriptor.digest}?signature=1`;
    server.addFault({ route: "blob.get", action: { kind: "answer", status: 307, headers: { location } } });
    const before = storage.server.requests.length;
    expect(await bytesOf(repository.fetch(blob.descriptor))).toHaveLength(size);
    expect(storage.server.requests.slice(before).map(({ headers }) => headers["authorization"])).toEqual([undefined]);
  });
});

describe("range", () => {
  for (const [what, headers] of [
    ["another place", { "content-range": "bytes 0-9/2000000" }],
    ["another size of the whole", { "content-range": "bytes 100-199/5" }],
    ["no place", { "content-range": "" }],
    ["nonsense", { "content-range": "potato" }],
  ] as const) {
    it(`refuses an answer that names ${what}`, async () => {
      const { repository } = await withFault({ kind: "headers", headers });
      const range = { start: 100, end: 200 };
      await rejectsWith(bytesOf(repository.fetchRange(blob.descriptor, range)), "BAD_RESPONSE");
    });
  }

  it("refuses an answer that is shorter than it says", async () => {
    const { repository } = await withFault({ kind: "truncate", bytes: 50 });
    await rejectsWith(bytesOf(repository.fetchRange(blob.descriptor, { start: 100, end: 200 })), "BAD_RESPONSE");
  });

  it("reads no further than it must where the registry ignores ranges", async () => {
    const { repository } = await withFault({ kind: "reset", afterBytes: 500_000 }, 1, { noRange: true });
    const read = await bytesOf(repository.fetchRange(blob.descriptor, { start: 100, end: 200 }));
    expect(read.equals(seededBytes(1, size).subarray(100, 200))).toBe(true);
  });

  it("is clamped to the blob", async () => {
    const { repository } = await withFault({ kind: "headers", headers: {} });
    const read = await bytesOf(repository.fetchRange(blob.descriptor, { start: size - 10, end: size + 10 }));
    expect(read.equals(seededBytes(1, size).subarray(-10))).toBe(true);
  });
});
