import { beforeAll, describe, expect, it } from "vitest";
import { listOf, rejectsWith } from "../../../test/support/expect.ts";
import { pushArtifact, seededArtifact } from "../../../test/support/fixtures.ts";
import { type Cast, newCast, World } from "../../../test/support/lifecycle.ts";
import { openRemote } from "../../../test/support/registry/open-remote.ts";
import type { Repository } from "../../oci/content.ts";
import { MemoryRegistry } from "../../stores/memory/index.ts";
import { readChain } from "../chain/read.ts";
import { readStatus } from "../state/status.ts";
import { verifyState } from "../state/verify-state.ts";
import { carryModel } from "./carry.ts";
import { recordedModel } from "./recorded-model.ts";

const fresh = (name = "ml/risk"): Repository => new MemoryRegistry().repository(name);
let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

/** A model of which version 1 has been replaced by version 2. */
async function history(): Promise<World> {
  const world = new World(cast);
  const first = await world.release(1);
  world.pass(1);
  await world.release(2, [first.digest]);
  return world;
}

describe("carryModel", () => {
  it.each(["api", "tag"] as const)(
    "brings a history that verifies, to a registry with referrers by %s",
    async (referrers) => {
      const world = await history();
      const { registry, server } = await openRemote({ referrers });
      const there = registry.repository("ml/risk");
      const report = await carryModel(world.repository, there);
      expect(report).toMatchObject({ records: 4, leftOut: [], skipped: [], tags: { present: 0 } });
      const status = await readStatus(there, world.policy);
      expect(status).toMatchObject({ anomalies: [], head: { sequence: 4 } });
      expect(status).toEqual(await readStatus(world.repository, world.policy));
      const serving = await there.resolve("v2");
      expect(await verifyState(there, world.policy, serving, "production")).toMatchObject({ isServing: true });
      // The commit points come last and in order, so that no reader ever meets a gap.
      const written = server.requests.filter(
        ({ method, path }) => method === "PUT" && /manifests\/(?!sha256)/.test(path),
      );
      expect(written.slice(-4).map(({ path }) => path.slice(-15))).toEqual(
        [1, 2, 3, 4].map((n) => `mreg-log-00000${n}`),
      );
    },
  );

  it("copies only what is new when it runs again", async () => {
    const world = new World(cast);
    await world.release(1);
    const there = fresh();
    await carryModel(world.repository, there);
    expect(await carryModel(world.repository, there)).toMatchObject({ bytes: 0, tags: { written: [] } });
    world.pass(1);
    const next = await world.push(2);
    await world.prepareStaging(next);
    await world.promote(next, "staging");
    const report = await carryModel(world.repository, there);
    expect(report.tags.written).toEqual(["v2", "v2-experimental", "v2-staging", "mreg-log-000003"]);
    expect(report.manifests.present).toBeGreaterThan(5);
    expect((await readChain(there, world.policy)).links).toHaveLength(3);
  });

  it("goes on where it was interrupted; until then there is a shorter history or none", async () => {
    const world = await history();
    const there = fresh();
    for (let stop = 3; ; stop += 20) {
      const abort = new AbortController();
      let pieces = 0;
      const onEvent = ({ type }: { type: string }) => {
        if (type === "file" && ++pieces === stop) abort.abort(new Error("killed"));
      };
      const ended = await carryModel(world.repository, there, { signal: abort.signal, onEvent }).catch(
        (error: Error) => error,
      );
      expect((await readChain(there, world.policy)).links.length).toBeLessThanOrEqual(4);
      if (!(ended instanceof Error)) break;
      expect(ended.message).toBe("killed");
    }
    expect(await readStatus(there, world.policy)).toEqual(await readStatus(world.repository, world.policy));
  });

  it.each(["another first record", "a longer history"])(
    "refuses a destination with %s, and writes nothing",
    async (name) => {
      const world = await history();
      const there = new World(cast);
      if (name === "a longer history") await carryModel(world.repository, there.repository);
      else await there.release(7);
      const source = name === "a longer history" ? await shorter(world) : world.repository;
      const before = (await listOf(there.repository.tags())).sort();
      const error = await rejectsWith(carryModel(source, there.repository), "CONFLICT");
      expect(error.message).toContain("nothing was written");
      expect((await listOf(there.repository.tags())).sort()).toEqual(before);
    },
  );

  it("refuses other content under a version that both have", async () => {
    const [here, there] = [new World(cast), new World(cast)];
    await here.push(1);
    await there.push(2);
    await rejectsWith(carryModel(here.repository, there.repository), "CONFLICT");
    expect(await listOf(there.repository.tags())).toHaveLength(2);
  });

  it("refuses another name than the records have, and tells which one they have", async () => {
    const world = await history();
    const error = await rejectsWith(carryModel(world.repository, fresh("ml/other")), "INVALID_REFERENCE");
    expect(error.message).toContain('"ml/risk"');
    expect(await recordedModel(world.repository)).toBe("ml/risk");
  });

  it("carries versions without a history under any name", async () => {
    const world = new World(cast);
    await world.push(1);
    const there = fresh("ml/other");
    const report = await carryModel(world.repository, there);
    expect(report).toMatchObject({ records: 0, tags: { written: ["v1", "v1-experimental"] } });
  });

  it("leaves other tags where they are, and names them", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    await world.repository.tag(target, "latest");
    expect(await carryModel(world.repository, fresh())).toMatchObject({ leftOut: ["latest"] });
  });

  it("brings what a record speaks of although its version tag is gone", async () => {
    const world = await history();
    const first = await world.repository.resolve("v1");
    for (const tag of await listOf(world.repository.tags()))
      if (/^v1|-r000001$/.test(tag)) await world.repository.untag(tag);
    const there = fresh();
    await carryModel(world.repository, there);
    expect(await there.exists(first)).toBe(true);
  });

  it("refuses a source whose own history has a gap", async () => {
    const world = await history();
    await world.repository.untag("mreg-log-000002");
    await rejectsWith(carryModel(world.repository, fresh()), "CHAIN_BROKEN");
  });

  it("says that there is nothing to carry", async () => {
    await rejectsWith(carryModel(fresh(), fresh()), "NOT_FOUND");
    const loose = fresh();
    await pushArtifact(loose, seededArtifact(1));
    await rejectsWith(carryModel(loose, fresh()), "NOT_FOUND");
  });
});

/** The same repository before its last record. */
async function shorter(world: World): Promise<Repository> {
  const copy = fresh();
  await carryModel(world.repository, copy);
  await copy.untag("mreg-log-000004");
  return copy;
}
