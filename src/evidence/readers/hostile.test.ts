import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fileOf, now } from "../../../test/support/evidence.ts";
import { mutations } from "../../../test/support/mutations.ts";
import { draftEvidence } from "../draft.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceKind } from "../evidence-input.ts";

const kinds: readonly EvidenceKind[] = ["lineage", "document", "monitoring", "consumers", "served", "sbom", "vulns"];
const observedAt = "2026-10-08T06:00:00Z";
const monitoring = join(import.meta.dirname, "../../../test/fixtures/monitoring");

/** A file of each kind that is read to its end. */
const samples: Readonly<Record<string, readonly Uint8Array[]>> = {
  monitoring: readdirSync(monitoring).map((name) => readFileSync(join(monitoring, name))),
  ...Object.fromEntries(
    Object.entries({
      lineage: {
        run: "r",
        started: observedAt,
        code: { repo: "https://git.example.com/x", commit: "a".repeat(40) },
        datasets: [{ name: "loans", version: "1", digest: `sha256:${"b".repeat(64)}` }],
        base_model: { uri: "oci://r.example.com/base" },
      },
      consumers: { observedAt, environments: ["production"], consumers: [{ name: "a", count: 3 }, "b"] },
      served: {
        observedAt,
        endpoint: { uri: "https://x.example.com" },
        digest: `sha256:${"a".repeat(64)}`,
        method: "directory",
      },
      sbom: { bomFormat: "CycloneDX", specVersion: "1.6", components: [{ type: "file", name: "a" }] },
      vulns: {
        SchemaVersion: 2,
        CreatedAt: observedAt,
        Results: [{ Target: "x", Vulnerabilities: [{ VulnerabilityID: "C", PkgName: "p", Severity: "HIGH" }] }],
      },
    }).map(([kind, value]) => [kind, [Buffer.from(JSON.stringify(value))]]),
  ),
};

/** Ends in a statement or in an error that says what is wrong; anything else is a bug of the reader. */
function readsOrRefuses(kind: EvidenceKind, bytes: Uint8Array): boolean {
  try {
    draftEvidence(kind, { files: [fileOf("file.json", bytes)], now, observedAt, role: "runbook" });
    return true;
  } catch (error) {
    if (error instanceof EvidenceError) return false;
    throw error;
  }
}

describe("whatever the bytes are", () => {
  it.each(kinds)("%s: random bytes and random JSON are read or refused", (kind) => {
    const json = fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text));
    const bytes = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.oneof(json, bytes), (content) => {
        readsOrRefuses(kind, content);
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  it.each(Object.keys(samples) as EvidenceKind[])("%s: damaged files are read or refused", (kind) => {
    for (const sample of samples[kind] ?? []) {
      expect(readsOrRefuses(kind, sample)).toBe(true);
      const outcomes = [...mutations(sample, 120)].map((bytes) => readsOrRefuses(kind, bytes));
      expect(outcomes).toContain(false);
    }
  });

  it.each(["lineage", "monitoring", "consumers", "served"] as const)("%s: any value in any place", (kind) => {
    const [sample = Buffer.from("{}")] = samples[kind] ?? [];
    const whole = JSON.parse(Buffer.from(sample).toString()) as Record<string, unknown>;
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(whole)), fc.jsonValue({ maxDepth: 4 }), (key, value) => {
        readsOrRefuses(kind, Buffer.from(JSON.stringify({ ...whole, [key]: value })));
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});
