import { describe, expect, it } from "vitest";
import { digestFull, draftOf, refusedWith } from "../../../test/support/evidence.ts";
import { parseDigest } from "../../oci/digest.ts";
import { Consumers, coversEnvironment, remainingConsumers } from "../predicates/consumers.ts";

const observedAt = "2026-10-08T06:00:00Z";

describe("consumers", () => {
  it("reads names, teams, environments and counts", () => {
    const text = `observedAt: ${observedAt}\nsource: gateway log\nenvironments: [production]\nconsumers:\n  - loan-desk\n  - {team: lending, environment: production, count: 0}\n`;
    const { predicate } = draftOf("consumers", "consumers.yaml", text);
    expect(predicate).toMatchObject({
      consumers: [{ name: "loan-desk" }, { name: "lending", team: "lending", environment: "production", count: 0 }],
      environments: ["production"],
    });
  });

  it("takes an empty list for a statement, and a missing one for none", () => {
    expect(draftOf("consumers", "c.json", { observedAt, consumers: [] }).predicate).toMatchObject({ consumers: [] });
    refusedWith(() => draftOf("consumers", "c.json", { observedAt }), "EVIDENCE_INCOMPLETE", /consumers: \[\]/);
    refusedWith(() => draftOf("consumers", "c.json", { consumers: [] }), "EVIDENCE_INCOMPLETE", /observedAt/);
  });

  it.each([
    ["a count below zero", { observedAt, consumers: [{ name: "a", count: -1 }] }],
    ["a consumer without a name", { observedAt, consumers: [{ count: 1 }] }],
    ["a number for a list", { observedAt, consumers: 0 }],
    ["a misspelt key", { observedAt, consumers: [], enviroments: ["production"] }],
  ])("refuses %s", (_, content) => {
    refusedWith(() => draftOf("consumers", "c.json", content), "EVIDENCE_INVALID", /no valid consumers statement/);
  });

  it("counts a consumer whose environment is unknown in each", () => {
    const consumers = Consumers.parse({
      observedAt,
      environments: ["production", "staging"],
      consumers: [
        { name: "a" },
        { name: "b", environment: "staging" },
        { name: "c", environment: "production", count: 0 },
      ],
    });
    expect(remainingConsumers(consumers, "production").map(({ name }) => name)).toEqual(["a"]);
    expect(remainingConsumers(consumers).map(({ name }) => name)).toEqual(["a", "b"]);
    expect(coversEnvironment(consumers, "production")).toBe(true);
    expect(coversEnvironment(consumers, "canary")).toBe(false);
  });
});

describe("served version", () => {
  const subject = parseDigest(digestFull("a"));
  const served = {
    observedAt,
    endpoint: "https://risk.example.com/v1",
    digest: digestFull("a"),
    method: "http-header",
  };

  it("says which digest an endpoint serves, and how that was seen", () => {
    const content = { ...served, detail: "x-mreg-digest", instances: 4 };
    const { predicate } = draftOf("served", "served.json", content, { subject });
    expect(predicate).toMatchObject({
      endpoint: { uri: "https://risk.example.com/v1" },
      digest: { sha256: "a".repeat(64) },
      method: "http-header",
      instances: 4,
    });
  });

  it("is a mere declaration unless it says more", () => {
    const { method: _, ...rest } = served;
    expect(draftOf("served", "served.json", rest).predicate).toMatchObject({ method: "declared" });
  });

  it.each([
    ["another version", { ...served, digest: digestFull("b") }, /serves sha256:b+, expected sha256:a+/],
    ["a user in the address", { ...served, endpoint: "https://u:p@example.com" }, /without user/],
    ["a query", { ...served, endpoint: "https://example.com/?token=x" }, /without user/],
    ["a tag for a digest", { ...served, digest: "risk:v1" }, /expected sha256/],
    ["a way of seeing that nobody knows", { ...served, method: "telepathy" }, /method/],
    ["no instance", { ...served, instances: 0 }, /instances/],
  ])("refuses %s", (_, content, message) => {
    refusedWith(() => draftOf("served", "served.json", content, { subject }), "EVIDENCE_INVALID", message);
  });
});

describe("bills of materials", () => {
  it("takes CycloneDX and SPDX as they are", () => {
    const bom = { bomFormat: "CycloneDX", specVersion: "1.6", version: 1, x: [1] };
    const drafted = draftOf("sbom", "bom.cdx.json", bom);
    expect(drafted).toMatchObject({ predicateType: "https://cyclonedx.org/bom", predicate: bom });
    const spdx = { spdxVersion: "SPDX-2.3", SPDXID: "SPDXRef-DOCUMENT", packages: [] };
    expect(draftOf("sbom", "x.json", spdx)).toMatchObject({
      predicateType: "https://spdx.dev/Document",
      predicate: spdx,
    });
  });

  it("refuses anything else", () => {
    refusedWith(() => draftOf("sbom", "x.json", { a: 1 }), "FORMAT_UNKNOWN", /CycloneDX/);
    const bad = { bomFormat: "CycloneDX", specVersion: "2" };
    refusedWith(() => draftOf("sbom", "x.json", bad), "EVIDENCE_INVALID", /specVersion/);
  });
});

describe("vulnerabilities", () => {
  it("reads Trivy", () => {
    const { predicate } = draftOf("vulns", "trivy.json", {
      SchemaVersion: 2,
      CreatedAt: "2026-10-01T14:00:00.123456789+02:00",
      Trivy: { Version: "0.74.0" },
      Results: [
        {
          Target: "x",
          Vulnerabilities: [{ VulnerabilityID: "CVE-1", PkgName: "zlib", InstalledVersion: "1", Severity: "HIGH" }],
        },
      ],
    });
    expect(predicate).toMatchObject({
      scanner: {
        uri: "https://github.com/aquasecurity/trivy",
        version: "0.74.0",
        result: [
          {
            id: "CVE-1",
            severity: [{ method: "trivy", score: "HIGH" }],
            annotations: [{ package: "zlib", installed: "1" }],
          },
        ],
      },
      metadata: { scanFinishedOn: "2026-10-01T12:00:00Z" },
    });
  });

  it("reads Grype, with the age of its database", () => {
    const { predicate } = draftOf("vulns", "grype.json", {
      matches: [{ vulnerability: { id: "CVE-2", severity: "Low" }, artifact: { name: "curl", version: "8" } }],
      descriptor: {
        name: "grype",
        version: "0.90.0",
        timestamp: "2026-10-01T12:00:00Z",
        db: { built: "2026-09-30T00:00:00Z" },
      },
    });
    expect(predicate).toMatchObject({
      scanner: { db: { lastUpdate: "2026-09-30T00:00:00.000Z" }, result: [{ id: "CVE-2" }] },
    });
  });

  it("needs a time, and a report that it knows", () => {
    refusedWith(() => draftOf("vulns", "t.json", { SchemaVersion: 2 }), "EVIDENCE_INCOMPLETE", /--observed-at/);
    refusedWith(() => draftOf("vulns", "t.json", { a: 1 }), "FORMAT_UNKNOWN", /Trivy or Grype/);
    refusedWith(() => draftOf("vulns", "t.json", { SchemaVersion: 3 }), "EVIDENCE_INVALID", /whole report/);
  });
});
