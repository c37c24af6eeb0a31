import { expect, test, vi } from "vitest";
import type { ByteRange, RangeReceiver } from "../oci/content.ts";
import { parseDigest } from "../oci/digest.ts";
import { DownloadBudgets } from "./download-budgets.ts";
import { fetchParts } from "./fetch-parts.ts";

const timers = vi.hoisted(() => ({ waiting: 0, onWait: () => {} }));

// Time stands still: whoever waits is woken by a signal, or never.
vi.mock("node:timers/promises", () => ({
  setTimeout: (_ms: number, _value: undefined, { signal }: { signal: AbortSignal }) => {
    timers.waiting++;
    timers.onWait();
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  },
}));

const mebibyte = 1024 * 1024;

test("fetchParts: ends with the last bytes, while connections without work are waiting", async () => {
  const size = 12 * mebibyte;
  const target = { mediaType: "application/octet-stream", digest: parseDigest(`sha256:${"0".repeat(64)}`), size };
  const othersWait = new Promise<void>((resolve) => {
    timers.onWait = resolve;
  });
  const store: RangeReceiver = {
    async receive(_, { start, end }, sink) {
      // The third part: the lanes that had the other two have nothing left to do.
      if (start === 8 * mebibyte) await othersWait;
      for (let at = start; at < end; ) {
        const count = Math.min(sink.room().byteLength, end - at);
        sink.filled(count);
        at += count;
      }
    },
  };
  const written: ByteRange[] = [];
  const write = (bytes: Uint8Array, start: number) => written.push({ start, end: start + bytes.byteLength });
  const budgets = new DownloadBudgets({ workers: 0 });
  const { signal } = new AbortController();
  await fetchParts({ store, target, missing: [{ start: 0, end: size }], budgets, write, signal });
  expect(timers.waiting).toBeGreaterThan(0);
  expect(written.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(size);
});
