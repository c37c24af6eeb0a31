import { describe, expect, it, onTestFinished, vi } from "vitest";
import { bytesOf, rejectsWith } from "../../../test/support/expect.ts";
import { lyingSource, seededBlob, seededBytes, slowSource } from "../../../test/support/fixtures.ts";
import { type FaultAction, openRemote, timeoutsFor } from "../../../test/support/registry/index.ts";

const mebibyte = 1024 * 1024;
const blob = seededBlob(1, 3 * mebibyte);
const user = { username: "ann", password: "s3cret" };
const always = Number.POSITIVE_INFINITY;

/** Counts how often a source is opened, and the bytes reported as sent. */
function watched(source = blob) {
  const seen = { opened: 0, sent: 0, lowest: 0 };
  const onBytes = (count: number) => {
    seen.sent += count;
    seen.lowest = Math.min(seen.lowest, seen.sent);
  };
  const open = (offset?: number) => {
    seen.opened += 1;
    return source.open(offset);
  };
  return { seen, source: { descriptor: source.descriptor, open }, options: { onBytes } };
}

describe("upload", () => {
  it("is one POST and one PUT with Content-Length and the plain content type", async () => {
    const { server, repository } = await openRemote();
    await repository.push(blob);
    expect(server.requests.map(({ route }) => route)).toEqual(["blob.head", "upload.post", "upload.put"]);
    const put = server.requests[2];
    expect(put?.headers).toMatchObject({
      "content-length": String(3 * mebibyte),
      "content-type": "application/octet-stream",
      "accept-encoding": "identity",
    });
    expect(put?.headers["transfer-encoding"]).toBeUndefined();
    // The registry's state comes back as it was given, and the digest after it.
    expect(put?.path).toMatch(/\?_state=~'0'%20a%2Fb&digest=sha256%3A[0-9a-f]{64}$/);
  });

  const passing: readonly (readonly [string, FaultAction])[] = [
    ["a reset in the middle", { kind: "interrupt", afterBytes: mebibyte, outcome: "reset" }],
    ["a stall in the middle", { kind: "interrupt", afterBytes: mebibyte, outcome: "stall" }],
    ["a 503 in the middle", { kind: "interrupt", afterBytes: mebibyte, outcome: 503 }],
    ["a 408", { kind: "answer", status: 408 }],
    ["a 429 that says when", { kind: "answer", status: 429, headers: { "retry-after": "1" } }],
    ["a 500 page", { kind: "answer", status: 500, body: "<html>oops</html>" }],
    ["a session that vanished", { kind: "answer", status: 404 }],
    ["an answer that stalls", { kind: "stall", afterBytes: -1 }],
  ];
  for (const [what, action] of passing) {
    it(`starts over after ${what}`, async () => {
      const timeouts = timeoutsFor(action);
      const { server, repository } = await openRemote({ faults: [{ route: "upload.put", action }] }, { timeouts });
      const { seen, source, options } = watched();
      await repository.push(source, options);
      expect((await bytesOf(repository.fetch(blob.descriptor))).equals(seededBytes(1, 3 * mebibyte))).toBe(true);
      expect(seen.sent === 3 * mebibyte && seen.lowest === 0).toBe(true);
      // After a lost answer the blob may be there already; otherwise a new session and a new reading.
      expect(seen.opened).toBe(server.count("upload.put"));
      expect(server.count("upload.post")).toBe(seen.opened);
    });
  }

  it("keeps to fewer at a time after a 429: those refused wait until one that was not has ended", async () => {
    const [refusals, blobs] = [5, 8];
    const { server, repository } = await openRemote(
      { faults: [{ route: "upload.put", action: { kind: "answer", status: 429 }, times: refusals }] },
      { retry: { retries: 2 * refusals } },
    );
    const gate = Promise.withResolvers<void>();
    const pushes = Array.from({ length: blobs }, (_, index) => {
      const source = seededBlob(index, 100_000);
      const open = (offset?: number) => {
        let steps = 0;
        // A request is on its way with its first bytes.
        const step = () => (steps++ === 0 ? Promise.resolve() : gate.promise);
        return slowSource(source, 20_000, step).open(offset);
      };
      return repository.push({ descriptor: source.descriptor, open });
    });
    await expect.poll(() => server.count("upload.put")).toBeGreaterThan(refusals);
    await new Promise((resolve) => setTimeout(resolve, 500));
    // Those that are under way as long as the gate is closed; without a limit it would be all.
    const sending = server.count("upload.put") - refusals;
    gate.resolve();
    await Promise.all(pushes);
    expect(sending).toBeLessThanOrEqual(blobs - refusals + 1);
    expect(server.count("upload.put")).toBe(blobs + refusals);
  });

  it("starts over after a 401 in the middle, with a new token", async () => {
    const { server, repository } = await openRemote(
      { auth: { kind: "bearer", ...user } },
      { credentials: async () => user },
    );
    let isFirst = true;
    const revoking = slowSource(blob, mebibyte, () => {
      if (isFirst) server.revokeTokens();
      isFirst = false;
    });
    server.addFault({ route: "upload.put", action: { kind: "interrupt", afterBytes: mebibyte, outcome: 401 } });
    await repository.push(revoking);
    expect(server.count("upload.put")).toBe(2);
    expect(await repository.exists(blob.descriptor)).toBe(true);
  });

  it("may take far longer than a stall as long as bytes move", async () => {
    const { server, repository } = await openRemote();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    await repository.push(slowSource(seededBlob(1, 10_000), 1_000, () => void vi.advanceTimersByTime(50_000)));
    expect(server.count("upload.put")).toBe(1);
  });

  it("takes a second 401 for an answer", async () => {
    const { server, repository } = await openRemote(
      { faults: [{ route: "upload.put", action: { kind: "answer", status: 401 }, times: always }] },
      { credentials: async () => user },
    );
    await rejectsWith(repository.push(blob), "UNAUTHORIZED");
    expect(server.count("upload.put")).toBe(2);
  });

  it("asks whether the blob is there when only the answer got lost", async () => {
    const { server, repository } = await openRemote({
      faults: [{ route: "upload.put", action: { kind: "lose answer" } }],
    });
    const { seen, source, options } = watched();
    await repository.push(source, options);
    expect(server.count("upload.put")).toBe(1);
    expect(seen).toEqual({ opened: 1, sent: 3 * mebibyte, lowest: 0 });
  });

  for (const [what, action, code] of [
    ["stalls", { kind: "interrupt", afterBytes: mebibyte, outcome: "stall" }, "TIMEOUT"],
    ["resets", { kind: "interrupt", afterBytes: mebibyte, outcome: "reset" }, "NETWORK"],
    ["answers 500", { kind: "answer", status: 500 }, "UNAVAILABLE"],
    ["answers 403", { kind: "answer", status: 403 }, "DENIED"],
    ["answers 413 in HTML", { kind: "answer", status: 413, body: "<h1>413</h1>" }, "BAD_RESPONSE"],
    ["answers 200 in HTML", { kind: "answer", status: 200, body: "<h1>hi</h1>" }, "BAD_RESPONSE"],
    [
      "says that it stored something else",
      { kind: "headers", headers: { "docker-content-digest": "sha256:x" } },
      "BAD_RESPONSE",
    ],
  ] as const) {
    it(`gives up on a registry that always ${what}: ${code}`, async () => {
      const { server, repository } = await openRemote(
        { faults: [{ route: "upload.put", action, times: always }] },
        { timeouts: timeoutsFor(action) },
      );
      await rejectsWith(repository.push(blob), code);
      expect(server.count("upload.put")).toBeLessThanOrEqual(4);
    });
  }

  for (const [what, location, code] of [
    ["on another host", "http://127.0.0.2:1/v2/x?secret=1", "REDIRECT_REFUSED"],
    ["on another port", "http://127.0.0.1:1/v2/x?secret=1", "REDIRECT_REFUSED"],
    ["that is a file", "file:///etc/passwd?secret=1", "REDIRECT_REFUSED"],
    ["with a user", "http://u:secret@127.0.0.1/x", "REDIRECT_REFUSED"],
    ["that is missing", "", "BAD_RESPONSE"],
  ] as const) {
    it(`refuses a Location ${what}, and sends nothing there`, async () => {
      const { server, repository } = await openRemote({
        faults: [{ route: "upload.post", action: { kind: "headers", headers: { location } } }],
      });
      const error = await rejectsWith(repository.push(blob), code);
      expect(error.message).not.toContain("secret");
      expect(server.count("upload.put")).toBe(0);
    });
  }

  it("leaves the body incomplete when the source lies, so that nothing could be stored", async () => {
    const { server, repository } = await openRemote({ noDigestCheck: true });
    for (const size of [10, 3 * mebibyte]) {
      const { descriptor } = seededBlob(1, size);
      await rejectsWith(repository.push(lyingSource(descriptor, seededBytes(2, size))), "DIGEST_MISMATCH");
    }
    expect(server.state.open(repository.name).blobs.size).toBe(0);
    // The bodies never ended, so that there was nothing to keep; the sessions were cancelled.
    expect(server.count("upload.delete")).toBe(2);
    expect(server.state.open(repository.name).uploads.size).toBe(0);
  });

  it("does not wait for the registry when the caller aborts", async () => {
    const { repository } = await openRemote({
      faults: [{ route: "upload.put", action: { kind: "stall", afterBytes: -1 } }],
    });
    const stop = new AbortController();
    const reason = new Error("enough");
    const pushing = repository.push(
      slowSource(blob, mebibyte, () => stop.abort(reason)),
      { signal: stop.signal },
    );
    await expect(pushing).rejects.toBe(reason);
  });

  it("uses the session that a refused mount has opened", async () => {
    const { server, registry, repository } = await openRemote({ noMount: true });
    await registry.repository("unit/other").push(blob);
    expect(await repository.mount(blob.descriptor, "unit/other")).toBe(false);
    const before = server.count("upload.post");
    await repository.push(blob);
    expect(server.count("upload.post")).toBe(before);
    expect(await repository.exists(blob.descriptor)).toBe(true);
  });

  it("opens a session of its own when the offered one has gone", async () => {
    const { server, registry, repository } = await openRemote({ noMount: true });
    await registry.repository("unit/other").push(blob);
    await repository.mount(blob.descriptor, "unit/other");
    server.state.open(repository.name).uploads.clear();
    await repository.push(blob);
    expect(await repository.exists(blob.descriptor)).toBe(true);
  });

  for (const status of [400, 403, 404, 405]) {
    it(`takes ${status} on a mount for a no`, async () => {
      const { repository } = await openRemote({
        faults: [{ route: "upload.post", action: { kind: "answer", status } }],
      });
      expect(await repository.mount(blob.descriptor, "unit/other")).toBe(false);
      await repository.push(blob);
    });
  }

  it("sends again what the registry holds truncated", async () => {
    const { server, repository } = await openRemote();
    server.state.open(repository.name).blobs.set(blob.descriptor.digest, new Uint8Array(5));
    await repository.push(blob);
    expect(await bytesOf(repository.fetch(blob.descriptor))).toHaveLength(3 * mebibyte);
  });
});
