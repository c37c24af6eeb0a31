import { describe, expect, it } from "vitest";
import { listOf, rejectsWith } from "../../test/support/expect.ts";
import type { RegistryOptions } from "../../test/support/registry/index.ts";
import { openRemote } from "../../test/support/registry/open-remote.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { LayoutRegistry } from "../stores/layout/index.ts";
import { MemoryRegistry } from "../stores/memory/index.ts";
import type { Registry } from "./content.ts";
import { type ProbeReport, probeStore } from "./probe.ts";

const answers = ({ findings }: ProbeReport) => Object.fromEntries(findings.map(({ probe, answer }) => [probe, answer]));

const all = {
  ...{ push: "yes", tags: "yes", writeOnce: "yes", immutableTags: "no", referrers: "yes", mount: "yes" },
  ...{ sha512: "yes", catalog: "yes", untag: "yes", delete: "yes" },
};

describe("probeStore", () => {
  const stores: readonly (readonly [string, () => Promise<Registry>])[] = [
    ["memory", async () => new MemoryRegistry()],
    ["layout", async () => new LayoutRegistry({ root: await scratchDirectory() })],
    ["remote", async () => (await openRemote()).registry],
    ["remote, referrers by tag", async () => (await openRemote({ referrers: "tag" })).registry],
  ];
  it.each(stores)("finds that %s can do everything, and leaves nothing", async (_name, open) => {
    const registry = await open();
    const report = await probeStore(registry, { repository: "mreg-doctor/x" });
    expect(answers(report)).toEqual(all);
    expect(report.left).toEqual([]);
    expect(await listOf(registry.repository("mreg-doctor/x").tags())).toEqual([]);
  });

  const lacks: readonly (readonly [string, RegistryOptions, object, number])[] = [
    ["tags that cannot be moved", { immutableTags: { status: 412 } }, { immutableTags: "yes" }, 0],
    ["no deletion", { noDelete: true }, { untag: "no", delete: "no" }, 9],
    ["no deletion of tags", { noTagDelete: true }, { untag: "no" }, 0],
    ["no mounting", { noMount: true }, { mount: "no" }, 0],
    ["no catalog", { noCatalog: true }, { catalog: "no" }, 0],
  ];
  it.each(lacks)("finds %s, and says what it had to leave", async (_name, options, expected, left) => {
    const { registry } = await openRemote(options);
    const report = await probeStore(registry, { repository: "mreg-doctor/x" });
    expect(answers(report)).toEqual({ ...all, ...expected });
    expect(report.left).toHaveLength(left);
  });

  it("writes nowhere else than it was told", async () => {
    const { registry, server } = await openRemote();
    await probeStore(registry, { repository: "team/try" });
    expect([...server.state.repositories.keys()].sort()).toEqual(["team/try", "team/try-mount"]);
  });

  it("does not take a failure for an answer", async () => {
    const { registry } = await openRemote({
      faults: [{ route: "catalog", times: Infinity, action: { kind: "answer", status: 503 } }],
    });
    expect(answers(await probeStore(registry, { repository: "x" }))).toEqual({ ...all, catalog: "unknown" });
  });

  it("fails where nothing can be pushed, and cleans up what it had begun", async () => {
    const { registry, server } = await openRemote({
      faults: [{ route: "manifest.put", times: Infinity, action: { kind: "answer", status: 403 } }],
    });
    await rejectsWith(probeStore(registry, { repository: "x" }), "DENIED");
    expect(server.state.repositories.get("x")?.blobs.size).toBe(0);
  });
});
