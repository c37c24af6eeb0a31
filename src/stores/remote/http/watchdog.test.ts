import { expect, onTestFinished, test, vi } from "vitest";
import { Watchdog } from "./watchdog.ts";

test("a watchdog that was stopped stays so: what is reported late keeps no process alive", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const bark = vi.fn();
  const watchdog = new Watchdog(bark);
  watchdog.arm(10);
  watchdog.stop();
  watchdog.arm(20);
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(100);
  expect(bark).not.toHaveBeenCalled();
});
