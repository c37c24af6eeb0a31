import fc from "fast-check";
import { expect, test } from "vitest";
import { Budget, type Release } from "./budget.ts";

const tick = () => new Promise((resolve) => setImmediate(resolve));

test("Budget: never gives more than it has, serves in order, and everybody in the end", async () => {
  const amounts = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), amounts, async (limit, wanted) => {
      const budget = new Budget(limit);
      const entered: number[] = [];
      let taken = 0;
      const work = wanted.map(async (amount, index) => {
        const release = await budget.acquire(amount);
        const share = Math.min(amount, limit);
        taken += share;
        expect(taken).toBeLessThanOrEqual(limit);
        entered.push(index);
        await tick();
        taken -= share;
        release();
        release();
      });
      await Promise.all(work);
      expect(entered).toEqual(wanted.map((_, index) => index));
    }),
    { numRuns: 50 },
  );
});

test("Budget: who gives up makes room for those behind", async () => {
  const budget = new Budget(3);
  const held: Release = await budget.acquire(2);
  const stop = new AbortController();
  const large = budget.acquire(3, stop.signal);
  const small = budget.acquire(1);
  const reason = new Error("enough");
  stop.abort(reason);
  await expect(large).rejects.toBe(reason);
  (await small)();
  held();
  await expect(budget.acquire(3, AbortSignal.abort(reason))).rejects.toBe(reason);
  (await budget.acquire(3))();
});

test("Budget: run gives back what it took, also after a failure", async () => {
  const budget = new Budget(1);
  await expect(budget.run(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(await budget.run(async () => "done")).toBe("done");
});
