import { describe, expect, it } from "vitest";
import { Monitoring } from "./monitoring.ts";

const limit = { comparator: "<=", threshold: "0.2", severity: "breach", breached: true };
const metric = { name: "psi.income", value: "0.31", limit };
const report = {
  observedAt: "2026-10-08T06:00:00Z",
  producer: { name: "evidently" },
  metrics: [metric],
  status: "breach",
  evidence: [],
};

/** A statement whoever signed it has written; nothing in it went through a reader of ours. */
describe("monitoring statement", () => {
  it("is accepted when everything in it follows from its numbers", () => {
    expect(Monitoring.safeParse(report).error).toBeUndefined();
    const watched = { ...report, metrics: [{ name: "a", value: "1" }], status: "unjudged" };
    expect(Monitoring.safeParse(watched).success).toBe(true);
  });

  it.each([
    ["a status better than its numbers", { status: "ok" }, /status is ok, but the metrics make it breach/],
    [
      "a breach that is denied",
      { metrics: [{ ...metric, limit: { ...limit, breached: false } }], status: "ok" },
      /psi\.income is said to be not breached, but its value is 0\.31/,
    ],
    ["a breach made a warning", { status: "warn" }, /make it breach/],
    ["a failure that the status ignores", { metrics: [], failures: ["x"], status: "unjudged" }, /make it breach/],
    ["ok where nothing was judged", { metrics: [{ name: "a", value: "1" }], status: "ok" }, /make it unjudged/],
    ["nothing at all", { metrics: [], status: "unjudged" }, /says nothing/],
    ["a value that hides behind another", { metrics: [metric, { name: "psi.income", value: "0.1" }] }, /twice/],
    [
      "a window that ends before it starts",
      { window: { start: "2026-10-08T00:00:00Z", end: "2026-10-01T00:00:00Z" } },
      /window/,
    ],
    ["an unknown key", { passed: true }, /passed/],
  ])("is refused with %s", (_, changes, message) => {
    const { error } = Monitoring.safeParse({ ...report, ...changes });
    expect(error?.message).toMatch(message);
  });
});
