import fc from "fast-check";
import { expect, test } from "vitest";
import { mapConcurrent } from "./concurrency.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

test("mapConcurrent: keeps the order and never runs more than the limit", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      async (ticks, limit) => {
        let running = 0;
        let most = 0;
        const results = await mapConcurrent(ticks, limit, async (count, _signal, index) => {
          most = Math.max(most, ++running);
          for (let at = 0; at < count; at++) await tick();
          running -= 1;
          return index;
        });
        expect(results).toEqual(ticks.map((_, index) => index));
        expect(most).toBe(Math.min(limit, ticks.length));
      },
    ),
    { numRuns: 30 },
  );
});

test("mapConcurrent: the first failure starts nothing new, aborts the rest and waits for it", async () => {
  const started: number[] = [];
  const ended: number[] = [];
  const work = mapConcurrent([0, 1, 2, 3, 4], 2, async (item, signal) => {
    started.push(item);
    await tick();
    if (item === 0) throw new Error("first");
    await tick();
    ended.push(item);
    signal.throwIfAborted();
  });
  await expect(work).rejects.toThrow("first");
  expect(started).toEqual([0, 1]);
  expect(ended).toEqual([1]);
});

test("mapConcurrent: an aborted signal ends it with the reason", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const started: number[] = [];
  const work = mapConcurrent(
    [0, 1, 2, 3],
    1,
    async (item, signal) => {
      started.push(item);
      if (item === 1) stop.abort(reason);
      expect(signal.aborted).toBe(item === 1);
    },
    stop.signal,
  );
  await expect(work).rejects.toBe(reason);
  expect(started).toEqual([0, 1]);
});
