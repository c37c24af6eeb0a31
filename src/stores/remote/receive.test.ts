import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { seededBlob, seededBytes } from "../../../test/support/fixtures.ts";
import {
  type FaultAction,
  openRemote,
  type RegistryOptions,
  timeoutsFor,
} from "../../../test/support/registry/index.ts";
import type { ByteRange, ByteSink, ReceiveOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { RemoteRepository } from "./repository.ts";

const size = 2_000_000;
const blob = seededBlob(1, size);
const bytes = seededBytes(1, size);
const part = { start: 500_000, end: 1_700_000 };
const whole = { start: 0, end: size };

class Collector implements ByteSink {
  readonly #room = Buffer.alloc(256 * 1024);
  readonly #chunks: Buffer[] = [];
  readonly #limit: number;
  size = 0;

  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  room(): Uint8Array {
    return this.#room;
  }

  filled(count: number): boolean {
    this.#chunks.push(Buffer.from(this.#room.subarray(0, count)));
    this.size += count;
    return this.size < this.#limit;
  }
}

async function withFault(action: FaultAction, times = 1, options: RegistryOptions = {}) {
  const opened = await openRemote(options, { timeouts: timeoutsFor(action) });
  await opened.repository.push(blob);
  opened.server.addFault({ route: "blob.get", action, times });
  return opened;
}

async function receive(
  repository: RemoteRepository,
  range: ByteRange,
  options: ReceiveOptions & { target?: Descriptor } = {},
): Promise<Buffer> {
  const sink = new Collector();
  await repository.receive(options.target ?? blob.descriptor, range, sink, options);
  return sink.bytes;
}

const harmless: FaultAction = { kind: "headers", headers: {} };

describe("receive", () => {
  it.each([part, whole, { start: 0, end: 1 }, { start: size - 1, end: size }, { start: 7, end: 7 }])(
    "brings the bytes of %j",
    async (range) => {
      const { repository } = await withFault(harmless);
      expect((await receive(repository, range)).equals(bytes.subarray(range.start, range.end))).toBe(true);
    },
  );

  it("brings an empty blob, and says NOT_FOUND of one that is not there", async () => {
    const { repository } = await withFault(harmless);
    const empty = seededBlob(2, 0);
    await repository.push(empty);
    expect(await receive(repository, { start: 0, end: 0 }, { target: empty.descriptor })).toHaveLength(0);
    await rejectsWith(receive(repository, { start: 0, end: 5 }, { target: seededBlob(3).descriptor }), "NOT_FOUND");
  });

  for (const [what, action] of [
    ["a reset", { kind: "reset", afterBytes: 300_000 }],
    ["a stall", { kind: "stall", afterBytes: 300_000 }],
    ["a stall before the first byte", { kind: "stall", afterBytes: 0 }],
    ["a reset before the headers", { kind: "reset", afterBytes: -1 }],
    ["503", { kind: "answer", status: 503 }],
  ] as const) {
    it.each([part, whole])(`goes on where ${what} broke it off (%j)`, async (range) => {
      const { repository } = await withFault(action, 2);
      expect((await receive(repository, range)).equals(bytes.subarray(range.start, range.end))).toBe(true);
    });
  }

  it("goes on with the whole where the registry ignores ranges, and has no parts of it", async () => {
    const { repository } = await withFault({ kind: "reset", afterBytes: 500_000 }, 2, { noRange: true });
    expect((await receive(repository, whole)).equals(bytes)).toBe(true);
    await rejectsWith(receive(repository, part), "UNSUPPORTED");
  });

  for (const [what, action, range, code] of [
    ["another place", { kind: "headers", headers: { "content-range": "bytes 0-9/2000000" } }, part, "BAD_RESPONSE"],
    ["no place", { kind: "headers", headers: { "content-range": "" } }, part, "BAD_RESPONSE"],
    ["a part that is too short", { kind: "truncate", bytes: 5_000 }, part, "BAD_RESPONSE"],
    ["a whole that is too short", { kind: "truncate", bytes: 5_000 }, whole, "SIZE_MISMATCH"],
    [
      "an HTML page",
      { kind: "answer", status: 200, headers: { "content-type": "text/html" }, body: "hi" },
      whole,
      "BAD_RESPONSE",
    ],
    ["404", { kind: "answer", status: 404 }, part, "NOT_FOUND"],
    ["403", { kind: "answer", status: 403 }, part, "DENIED"],
    ["206 to a question for all", { kind: "answer", status: 206 }, whole, "BAD_RESPONSE"],
    ["416", { kind: "answer", status: 416 }, part, "BAD_RESPONSE"],
    ["429", { kind: "answer", status: 429 }, part, "RATE_LIMITED"],
    ["always a byte", { kind: "reset", afterBytes: 1 }, part, "NETWORK"],
  ] as const) {
    it(`from a registry that answers ${what} is ${code}, after few requests`, async () => {
      const { server, repository } = await withFault(action, Number.POSITIVE_INFINITY);
      await rejectsWith(receive(repository, range), code);
      expect(server.count("blob.get")).toBeLessThanOrEqual(20);
    });
  }

  it("refuses a whole that is longer than its descriptor", async () => {
    const { repository } = await withFault(harmless);
    const target = { ...blob.descriptor, size: size - 10 };
    await rejectsWith(receive(repository, { start: 0, end: size - 10 }, { target }), "TRAILING_DATA");
  });

  it("ends when the sink wants no more", async () => {
    const { repository } = await withFault(harmless);
    const sink = new Collector(100_000);
    await repository.receive(blob.descriptor, part, sink);
    expect(sink.size).toBeLessThan(1_000_000);
    expect((await receive(repository, part)).equals(bytes.subarray(part.start, part.end))).toBe(true);
  });

  it("ends with the reason of an abort, also while it waits for another attempt", async () => {
    const patient = { timeouts: { stallMs: 60_000 }, retry: { minDelayMs: 60_000, maxDelayMs: 60_000 } };
    for (const action of [
      { kind: "stall", afterBytes: 300_000 },
      { kind: "answer", status: 503 },
    ] as const) {
      const { server, repository } = await openRemote({}, patient);
      await repository.push(blob);
      server.addFault({ route: "blob.get", action });
      const stop = new AbortController();
      const reason = new Error("enough");
      setTimeout(() => stop.abort(reason), 50);
      await expect(receive(repository, part, { signal: stop.signal })).rejects.toBe(reason);
    }
  });

  it("tells when the registry is asked for too much", async () => {
    for (const status of [429, 503]) {
      const { repository } = await withFault({ kind: "answer", status }, 2);
      let busy = 0;
      await receive(repository, part, { onBusy: () => void busy++ });
      expect(busy).toBe(2);
    }
  });

  it("takes a part of no announced length, by way of the other client", async () => {
    const { repository } = await withFault({ kind: "truncate", bytes: part.end - part.start });
    expect((await receive(repository, part)).equals(bytes.subarray(part.start, part.end))).toBe(true);
  });
});

describe("receive: a registry that redirects", () => {
  async function withStorage() {
    const user = { username: "ann", password: "pw" };
    const storage = await openRemote();
    const opened = await openRemote({ auth: { kind: "basic", ...user } }, { credentials: async () => user });
    for (const each of [storage.registry.repository(opened.repository.name), opened.repository]) await each.push(blob);
    const location = `${storage.server.url}/v2/${opened.repository.name}/blobs/${blob.descriptor.digest}?signature=1`;
    const redirect: FaultAction = { kind: "answer", status: 307, headers: { location } };
    opened.server.addFault({ route: "blob.get", action: redirect, times: Number.POSITIVE_INFINITY });
    return { ...opened, storage: storage.server };
  }

  it("is asked once for many parts, and its storage gets no authorization", async () => {
    const { server, repository, storage } = await withStorage();
    for (let start = 0; start < 5; start++) await receive(repository, { start, end: start + 1000 });
    expect(server.count("blob.get")).toBe(1);
    expect(storage.count("blob.get")).toBe(5);
    const sent = storage.requests
      .filter(({ route }) => route === "blob.get")
      .map(({ headers }) => headers["authorization"]);
    expect(new Set(sent)).toEqual(new Set([undefined]));
  });

  it.each([403, 401, 400, 404, 410])(
    "is asked again when the storage answers %i: the signature is over",
    async (status) => {
      const { server, repository, storage } = await withStorage();
      await receive(repository, part);
      storage.addFault({ route: "blob.get", action: { kind: "answer", status } });
      expect((await receive(repository, part)).equals(bytes.subarray(part.start, part.end))).toBe(true);
      expect(server.count("blob.get")).toBe(2);
    },
  );

  it("is asked again when the connection to the storage breaks", async () => {
    const { server, repository, storage } = await withStorage();
    await receive(repository, part);
    storage.addFault({ route: "blob.get", action: { kind: "reset", afterBytes: -1 } });
    storage.addFault({ route: "blob.get", action: { kind: "reset", afterBytes: -1 } });
    expect((await receive(repository, part)).equals(bytes.subarray(part.start, part.end))).toBe(true);
    expect(server.count("blob.get")).toBe(2);
  });
});
