import { expect, test } from "vitest";
import { replacePauses } from "../../test/support/pauses.ts";
import type { ByteRange, RangeReceiver } from "../oci/content.ts";
import { parseDigest } from "../oci/digest.ts";
import { DownloadBudgets } from "./download-budgets.ts";
import { fetchParts } from "./fetch-parts.ts";

const mebibyte = 1024 * 1024;

test("fetchParts: ends with the last bytes, while connections without work are waiting", async () => {
  const size = 12 * mebibyte;
  const target = { mediaType: "application/octet-stream", digest: parseDigest(`sha256:${"0".repeat(64)}`), size };
  let waiting = 0;
  const othersWait = new Promise<void>((resolve) => {
    // Time stands still: whoever waits is woken by a signal, or never.
    replacePauses((_ms, _value, { signal } = {}) => {
      waiting++;
      resolve();
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
    });
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
  expect(waiting).toBeGreaterThan(0);
  expect(written.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(size);
});
