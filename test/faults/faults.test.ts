import { describe, expect, it } from "vitest";
import { catalog } from "./catalog.ts";
import { runCase } from "./runner.ts";

for (const { title, cases } of catalog) {
  describe(title, () => {
    for (const fault of cases) {
      const test = fault.gap === undefined ? it.concurrent : it.concurrent.fails;
      test(`${fault.id}: ${fault.title} → ${fault.expected}`, async () => {
        const { outcome, requests, ms, message } = await runCase(fault);
        expect(outcome, message).toBe(fault.expected);
        expect(requests, "requests").toBeLessThanOrEqual(fault.requestsAtMost);
        expect(ms, "milliseconds").toBeLessThan(fault.msAtMost);
      });
    }
  });
}
