import { expect, test, vi } from "vitest";
import { paceMs } from "./pace.ts";

test("a pause is so many times what was just done, and never more than its bound", () => {
  vi.spyOn(performance, "now").mockReturnValue(1_100);
  expect(paceMs(1_000, { times: 3, limitMs: 5_000 })).toBe(300);
  expect(paceMs(0, { times: 3, limitMs: 2_000 })).toBe(2_000);
  vi.restoreAllMocks();
});
