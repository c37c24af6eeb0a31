import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connections } from "./connections.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

/** Lets 32 callers want a connection for ever, on a line where `rate` says how much so many connections bring. */
async function run(connections: Connections, rate: (count: number) => number, seconds: number): Promise<number> {
  let used = 0;
  const want = async (): Promise<void> => {
    await connections.acquire(never);
    used++;
  };
  for (let caller = 0; caller < 32; caller++) void want();
  for (let tick = 0; tick < seconds * 20; tick++) {
    connections.received(rate(used) / 20);
    await vi.advanceTimersByTimeAsync(50);
    // Those beyond the limit end their parts one by one.
    connections.release();
    used--;
    void want();
    await vi.advanceTimersByTimeAsync(0);
  }
  return used;
}

test.each<[string, (count: number) => number, number, number]>([
  ["each brings as much as the first", (count) => count * 25e6, 16, 16],
  ["the line is full with five", (count) => Math.min(count, 5) * 25e6, 4, 8],
  ["one fills the line", () => 1e9, 2, 4],
])("Connections: where %s, there are as many as pay", async (_, rate, least, most) => {
  const count = await run(new Connections({ utilization: () => 0.3 }), rate, 3);
  expect(count).toBeGreaterThanOrEqual(least);
  expect(count).toBeLessThanOrEqual(most);
});

test("Connections: a thread that is busy all the time gets no more of them, however much each brings", async () => {
  const connections = new Connections({ utilization: () => 0.9 });
  expect(await run(connections, (count) => count * 25e6, 3)).toBe(2);
  expect(connections.isSaturated).toBe(true);
});

test("Connections: what was refused is not asked for again, until half a minute has passed without a refusal", async () => {
  const connections = new Connections({ start: 4, utilization: () => 0 });
  for (let index = 0; index < 4; index++) await connections.acquire(never);
  expect(connections.refused()).toBe(true);
  connections.release();
  expect(await run(connections, (count) => count * 25e6, 5)).toBe(0);
});

test("Connections: an abort while waiting takes nothing", async () => {
  const connections = new Connections({ start: 1, most: 1 });
  await connections.acquire(never);
  const stop = new AbortController();
  const waiting = connections.acquire(stop.signal);
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  connections.release();
  await connections.acquire(never);
});
