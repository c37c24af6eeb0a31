import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalog } from "./catalog.ts";
import { recordedIn, renderPage } from "./page.ts";
import { runCase } from "./runner.ts";

const page = readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8");
const recorded = recordedIn(page);
const all = catalog.flatMap(({ cases }) => cases);

for (const { title, cases } of catalog) {
  describe(title, () => {
    for (const fault of cases) {
      it.concurrent(`${fault.id}: ${fault.title} → ${fault.expected}`, async () => {
        const { outcome, requests, message } = await runCase(fault);
        // A gap that closes is noticed here: its case then loses the field.
        if (fault.gap === undefined) expect(outcome, message).toBe(fault.expected);
        else expect(outcome, `the gap of ${fault.id} is closed`).not.toBe(fault.expected);
        expect(requests, "requests").toBeLessThanOrEqual(fault.requestsAtMost);
        expect(recorded.get(fault.id)?.outcome, "docs/faults.md: run npm run faults:docs").toBe(outcome);
      });
    }
  });
}

describe("docs/faults.md", () => {
  it("is what the catalog says: npm run faults:docs", () => {
    expect(page).toBe(renderPage(catalog, recorded));
  });

  it("has counts within the ceilings", () => {
    for (const { id, requestsAtMost } of all)
      expect(recorded.get(id)?.requests, id).toBeLessThanOrEqual(requestsAtMost);
  });

  it("gives each case a name of its own", () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });
});

describe("advisories", () => {
  const named = new Set(all.flatMap(({ advisories = [] }) => advisories));
  for (const name of [
    "CVE-2020-15157",
    "CVE-2026-17106",
    "CVE-2026-33990",
    "CVE-2026-48978",
    "CVE-2026-50163",
    "GHSA-fxhp-mv3v-67qp",
    "GHSA-jxpm-75mh-9fp7",
    "GHSA-m37j-52j7-pjw7",
    "GHSA-vh4v-2xq2-g5cg",
    "ggcr#2193",
    "ggcr#2291",
    "ggcr#2292",
    "ggcr#2295",
    "ggcr#2349",
    "ggcr#2440",
    "oras-go 2.6.2 checkSymlinkEscape",
  ]) {
    it(`${name} has a case`, () => expect(named).toContain(name));
  }
});
