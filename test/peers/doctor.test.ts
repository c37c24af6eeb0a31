import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { succeed } from "../support/cli/project.ts";
import { Workspace } from "../support/cli/workspace.ts";
import { onRegistries } from "./support/on-registries.ts";
import type { RegistryName } from "./support/start-registry.ts";

/** What is known of each from the experiments that reference/registries.md describes. */
const known: Record<RegistryName, Readonly<Record<string, "yes" | "no">>> = {
  "docker-registry": { referrersApi: "no", untag: "no", conditionalWrites: "no" },
  distribution: { referrersApi: "no", untag: "yes", conditionalWrites: "no" },
  olareg: { referrersApi: "yes", subjectHeader: "yes", untag: "yes", conditionalWrites: "no" },
  zot: { referrersApi: "yes", subjectHeader: "yes", conditionalWrites: "no" },
  // A mount is found by the cache of deduplication, which is off here.
  "zot-1.4": { referrersApi: "yes", subjectHeader: "no", mount: "no", conditionalWrites: "no" },
};

describe("mreg doctor", () => {
  onRegistries((host, name) => {
    const workspace = new Workspace();
    let document: { works: boolean; findings: { probe: string; answer: string }[]; left: string[] };
    beforeAll(async () => {
      document = JSON.parse(succeed("doctor", await workspace.mreg(["doctor", host(), "--format", "json"])).stdout);
    });
    afterAll(() => workspace.remove());

    test("finds what is known of it", () => {
      expect(document.works).toBe(true);
      const answers = Object.fromEntries(document.findings.map(({ probe, answer }) => [probe, answer]));
      const usual = {
        push: "yes",
        mount: "yes",
        ranges: "yes",
        chunks: "yes",
        clock: "yes",
        auth: "no",
        delete: "yes",
      };
      expect(answers).toMatchObject({ ...usual, immutableTags: "no", ...known[name] });
    });

    test("leaves nothing behind but empty repositories", () => {
      expect(document.left).toHaveLength(1);
    });
  });
});
