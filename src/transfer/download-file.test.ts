import { existsSync } from "node:fs";
import { appendFile, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rejectsWith } from "../../test/support/expect.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { digestOf, verified } from "../base/digest.ts";
import type { ByteRange, ByteSink, ReceiveOptions } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { StoreError } from "../oci/errors.ts";
import { DownloadBudgets } from "./download-budgets.ts";
import { type ByteOrigin, type DownloadRequest, downloadFile } from "./download-file.ts";
import { journalPath } from "./partial-file.ts";

const mebibyte = 1024 * 1024;
const size = 70 * mebibyte + 12_345;
/** Different everywhere, so that no byte in a wrong place goes unnoticed. */
const bytes = Buffer.from(
  Float64Array.from({ length: Math.ceil(size / 8) }, (_, index) => index * 1.1).buffer,
  0,
  size,
);

function describeBytes(content: Uint8Array): Descriptor {
  return { mediaType: "application/octet-stream", digest: digestOf(content), size: content.byteLength };
}
const target = describeBytes(bytes);

interface Behaviour {
  /** Called before each piece of a range; may throw, wait for the signal, or change what is sent. */
  readonly before?: (at: number, range: ByteRange, options: ReceiveOptions) => Promise<void> | void;
  readonly content?: Uint8Array;
}

const pieceBytes = 100_000;

/** A store that sends pieces and tells what it was asked for. */
class PartsStore {
  readonly asked: ByteRange[] = [];
  sent = 0;
  behaviour: Behaviour;

  constructor(behaviour: Behaviour = {}) {
    this.behaviour = behaviour;
  }

  async *fetch(wanted: Descriptor) {
    yield* verified(
      (async function* () {
        yield bytes.subarray(0, wanted.size);
      })(),
      wanted,
    );
  }

  async receive(_: Descriptor, range: ByteRange, sink: ByteSink, options: ReceiveOptions = {}): Promise<void> {
    this.asked.push(range);
    const { before, content = bytes } = this.behaviour;
    for (let at = range.start; at < range.end; ) {
      await before?.(at, range, options);
      await new Promise((resolve) => setImmediate(resolve));
      options.signal?.throwIfAborted();
      const chunk = content.subarray(at, Math.min(range.end, at + pieceBytes));
      for (let taken = 0; taken < chunk.byteLength; ) {
        const room = sink.room();
        const count = Math.min(room.byteLength, chunk.byteLength - taken);
        room.set(chunk.subarray(taken, taken + count));
        taken += count;
        this.sent += count;
        if (!sink.filled(count)) return;
      }
      at += chunk.byteLength;
    }
  }
}

let budgets: DownloadBudgets;
let path: string;
beforeEach(async () => {
  budgets = new DownloadBudgets();
  path = join(await scratchDirectory(), "x.partial");
});
afterEach(() => budgets.close());

async function download(store: PartsStore, options: Partial<DownloadRequest> = {}) {
  const counts: Record<ByteOrigin, number> = { received: 0, reused: 0, resumed: 0 };
  const onBytes = (count: number, origin: ByteOrigin) => {
    counts[origin] += count;
  };
  const result = await downloadFile({ store, target, path, budgets, onBytes, ...options });
  // Whatever was thrown away on the way: in the end a listener has heard of the file's length.
  expect(counts.received + counts.reused + counts.resumed).toBe((options.target ?? target).size);
  return result;
}

/**
 * Demands that nothing was fetched twice. Whoever has nothing to do takes the rest of a part that comes slowly, and
 * what of the part was on its way then is one piece at most: how often that happens is a matter of the machine.
 */
function expectOnce(store: PartsStore, received: number): void {
  expect(store.sent).toBeGreaterThanOrEqual(received);
  expect(store.sent - received).toBeLessThan(store.asked.length * pieceBytes);
}

async function expectComplete(): Promise<void> {
  expect((await readFile(path)).equals(bytes)).toBe(true);
  expect(await readdir(dirname(path))).toEqual(["x.partial"]);
}

/** Lets a download run until so many bytes have come, and breaks it off. */
async function interrupt(afterBytes: number): Promise<PartsStore> {
  const store: PartsStore = new PartsStore({
    before: () => {
      if (store.sent > afterBytes) throw new Error("cut");
    },
  });
  await expect(downloadFile({ store, target, path, budgets })).rejects.toThrow("cut");
  return store;
}

test("downloadFile: a long blob comes in parts, and every byte once", async () => {
  const store = new PartsStore();
  expect(await download(store)).toEqual({ received: size, reused: 0, resumed: 0, fellBack: false });
  await expectComplete();
  expectOnce(store, size);
  const [first] = store.asked;
  // Of later ones the speed says how long they are.
  expect(first).toMatchObject({ start: 0 });
  expect(first?.end).toBeLessThanOrEqual(32 * mebibyte);
  expect(store.asked.length).toBeGreaterThan(1);
});

test.each([0, 1, 1000, mebibyte, mebibyte + 1, 32 * mebibyte])(
  "downloadFile: %i bytes come in one request",
  async (length) => {
    const content = bytes.subarray(0, length);
    const store = new PartsStore();
    await download(store, { target: describeBytes(content) });
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(store.asked.length).toBeLessThanOrEqual(1);
  },
);

test("downloadFile: a store that knows no parts is read as a stream", async () => {
  const { fetch } = new PartsStore();
  await downloadFile({ store: { fetch }, target, path, budgets });
  await expectComplete();
});

describe("downloadFile: goes on", () => {
  test("where an interrupted one ended", async () => {
    await interrupt(size * 0.6);
    const store = new PartsStore();
    const { received, resumed } = await download(store);
    await expectComplete();
    expect(received + resumed).toBe(size);
    expect(received).toBeLessThan(size * 0.42);
    expectOnce(store, received);
  });

  test("after a kill, which leaves a line of the journal half written", async () => {
    await interrupt(size * 0.6);
    await appendFile(journalPath(path), "99 10000");
    expect((await download(new PartsStore())).received).toBeLessThan(size * 0.42);
    await expectComplete();
  });

  test.each<[string, () => Promise<unknown>]>([
    ["other bytes than were written", () => writeFile(path, Buffer.alloc(size))],
    ["a shorter file", () => truncate(path, 1000)],
    [
      "a journal that promises everything",
      () => writeFile(journalPath(path), `mreg partial 1 ${target.digest} ${size}\n0 ${size}\n`),
    ],
    [
      "a journal of other content",
      () => writeFile(journalPath(path), `mreg partial 1 ${digestOf("x")} ${size}\n0 ${size}\n`),
    ],
    ["a journal that is none", () => writeFile(journalPath(path), Buffer.alloc(1000, 0xff))],
  ])("after finding %s", async (_, spoil) => {
    await interrupt(size * 0.6);
    await spoil();
    await download(new PartsStore());
    await expectComplete();
  });

  test("not with what a store sent that lies", async () => {
    const lie = Buffer.from(bytes);
    lie[5_000_000] = (lie[5_000_000] ?? 0) ^ 1;
    await rejectsWith(
      downloadFile({ store: new PartsStore({ content: lie }), target, path, budgets }),
      "DIGEST_MISMATCH",
    );
    expect(await readdir(dirname(path))).toEqual([]);
  });
});

describe("downloadFile: local pieces", () => {
  const piece = (location: string, start: number, end: number, offset = start) => ({ start, end, location, offset });

  test("are copied instead of fetched", async () => {
    const location = join(await scratchDirectory(), "old");
    await writeFile(location, Buffer.concat([Buffer.from("header"), bytes.subarray(1000, 60 * mebibyte)]));
    const reuse = [
      piece(location, 1000, 20 * mebibyte, 6),
      piece(location, 30 * mebibyte, 60 * mebibyte, 30 * mebibyte - 994),
    ];
    const store = new PartsStore();
    const reused = 50 * mebibyte - 1000;
    expect(await download(store, { reuse })).toEqual({ received: size - reused, reused, resumed: 0, fellBack: false });
    await expectComplete();
    expectOnce(store, size - reused);
  });

  test("that are other bytes, shorter than said or gone: the whole is fetched and that is told", async () => {
    const location = join(await scratchDirectory(), "old");
    await writeFile(location, bytes.subarray(0, 10 * mebibyte));
    const reuse = [piece(location, 0, 20 * mebibyte), piece("/nowhere", 20 * mebibyte, 40 * mebibyte)];
    expect(await download(new PartsStore(), { reuse })).toMatchObject({ reused: 10 * mebibyte, fellBack: false });
    await expectComplete();
    const wrong = [piece(location, 40 * mebibyte, 45 * mebibyte, 7)];
    const other = await scratchDirectory();
    path = join(other, "x.partial");
    expect(await download(new PartsStore(), { reuse: wrong })).toEqual({
      received: size - 5 * mebibyte + size,
      reused: 0,
      resumed: 0,
      fellBack: true,
    });
    await expectComplete();
  });
});

describe("downloadFile: connections", () => {
  test("a store that gives no parts is asked for the whole, also when bytes are there already", async () => {
    await interrupt(size * 0.6);
    const store = new PartsStore({
      before: (_, { start, end }) => {
        if (end - start < size) throw new StoreError("UNSUPPORTED", "no parts");
        expect(start).toBe(0);
      },
    });
    expect(await download(store)).toMatchObject({ received: size, resumed: 0, fellBack: false });
    await expectComplete();
  });

  test("one that brings nothing loses its part to another one", async () => {
    let stalled: ByteRange | undefined;
    const store = new PartsStore({
      before: async (at, range, { signal }) => {
        if (at < 40 * mebibyte || at > 41 * mebibyte || (stalled && stalled !== range)) return;
        stalled = range;
        await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      },
    });
    await download(store);
    await expectComplete();
    expect(stalled).toBeDefined();
    expect(store.asked.some(({ start, end }) => start > 32 * mebibyte && end === stalled?.end)).toBe(true);
  });

  test("are fewer where the store refuses them", async () => {
    let running = 0;
    let refusals = 0;
    const store = new PartsStore();
    const receive = store.receive.bind(store);
    store.receive = async (wanted, range, sink, options = {}) => {
      running++;
      try {
        while (running > 1) {
          refusals++;
          options.onBusy?.();
          options.signal?.throwIfAborted();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        await receive(wanted, range, sink, options);
      } finally {
        running--;
      }
    };
    await download(store);
    await expectComplete();
    expect(refusals).toBe(1);
  });

  test("an abort ends all of them, and what has come stays", async () => {
    const stop = new AbortController();
    const store: PartsStore = new PartsStore({
      before: () => {
        if (store.sent > 20 * mebibyte) stop.abort(new Error("Ctrl-C"));
      },
    });
    await expect(downloadFile({ store, target, path, budgets, signal: stop.signal })).rejects.toThrow("Ctrl-C");
    expect(existsSync(journalPath(path))).toBe(true);
    expect((await download(new PartsStore())).resumed).toBeGreaterThan(19 * mebibyte);
  });
});
