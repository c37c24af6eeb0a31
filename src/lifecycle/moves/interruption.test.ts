import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listOf, rejectsWith } from "../../../test/support/expect.ts";
import { type Cast, newCast, World } from "../../../test/support/lifecycle.ts";
import { isMregError } from "../../base/errors.ts";
import type { GraphTarget, Repository } from "../../oci/content.ts";
import { LayoutRegistry } from "../../stores/layout/index.ts";
import { MemoryRegistry } from "../../stores/memory/index.ts";
import { readChain } from "../chain/read.ts";
import { readStatus } from "../state/status.ts";
import { verifyState } from "../state/verify-state.ts";
import { promote } from "./promote.ts";
import { reconcileTags } from "./reconcile.ts";

let cast: Cast;
let directory: string;
beforeAll(async () => {
  cast = await newCast();
  directory = await mkdtemp(join(tmpdir(), "mreg-lifecycle-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

class PowerCut extends Error {}

/**
 * A store that loses power at its n-th write: either just before it, or just after.
 *
 * @param createOnce - whether it promises that one writer alone creates a tag, as OCI registries do not.
 */
function failing(
  store: Repository,
  writes: number,
  after: boolean,
  createOnce = true,
): GraphTarget & { readonly name: string } {
  let left = writes;
  const write = async (work: () => Promise<void>): Promise<void> => {
    if (left < 0) throw new PowerCut("power is gone");
    left--;
    if (left < 0 && !after) throw new PowerCut("before the write");
    await work();
    if (left < 0) throw new PowerCut("after the write");
  };
  return {
    name: store.name,
    ...{ supports: { ...store.supports, createOnce } },
    fetch: (...args) => store.fetch(...args),
    fetchRange: (...args) => store.fetchRange(...args),
    exists: (...args) => store.exists(...args),
    resolve: (...args) => store.resolve(...args),
    tags: (...args) => store.tags(...args),
    referrers: (...args) => store.referrers(...args),
    push: (...args) => write(() => store.push(...args)),
    tag: (...args) => write(() => store.tag(...args)),
  };
}

/** A version that needs nothing but to be promoted to production. */
async function ready(options: ConstructorParameters<typeof World>[1] = {}) {
  const world = new World(cast, options);
  const target = await world.push(1);
  await world.prepareStaging(target);
  await world.promote(target, "staging");
  await world.prepareProduction(target);
  return { world, target };
}

/** Promotes over a store that fails; tells whether the move was committed by then. */
async function interrupted(writes: number, after: boolean, createOnce = true) {
  const { world, target } = await ready();
  const request = { ...world.request(target, "production"), signer: cast.mike };
  const error = await promote(failing(world.repository, writes, after, createOnce), request).catch(
    (caught: unknown) => caught,
  );
  const { links } = await readChain(world.repository, world.policy);
  return { world, target, finished: !(error instanceof PowerCut), committed: links.length === 2 };
}

// Three writes for each of verdict and record (empty config, bundle, manifest), the log tag, two more tags; where the
// store promises nothing, three more for the announcement (config, the same as a layer, manifest) before the log tag.
describe.each([
  { createOnce: true, writes: 9 },
  { createOnce: false, writes: 12 },
])("an interrupted promotion, createOnce $createOnce", ({ createOnce, writes }) => {
  const commit = writes - 3;

  test("promote: makes as many writes as the tests below interrupt", async () => {
    expect(await interrupted(writes, false, createOnce)).toMatchObject({ finished: true, committed: true });
    expect(await interrupted(writes - 1, false, createOnce)).toMatchObject({ finished: false, committed: true });
  });

  test.each(
    Array.from({ length: writes }, (_, at) => [
      [at, false],
      [at, true],
    ]).flat() as [number, boolean][],
  )("promote: stopped at write %d (after it: %s) is completed by running it again", async (at, after) => {
    const { world, target, committed } = await interrupted(at, after, createOnce);
    expect(committed).toBe(at > commit || (at === commit && after));
    if (!committed)
      await rejectsWith(verifyState(world.repository, world.policy, target, "production"), "NO_SIGNATURE");
    else await verifyState(world.repository, world.policy, target, "production");
    const { outcome, record } = await world.promote(target, "production");
    expect(outcome).toBe(committed ? "present" : "done");
    expect(record).toMatchObject({ sequence: 2, tags: ["mreg-log-000002", "v1-production", "production-r000001"] });
    const status = await readStatus(world.repository, world.policy);
    expect(status).toMatchObject({ anomalies: [], serving: { version: 1 }, head: { sequence: 2 } });
  });

  test.each(
    Array.from({ length: writes }, (_, at) => [
      [at, false],
      [at, true],
    ]).flat() as [number, boolean][],
  )(
    "reconcileTags: stopped at write %d (after it: %s), restores the tags, and again changes nothing",
    async (at, after) => {
      const { world, committed } = await interrupted(at, after, createOnce);
      const chain = await readChain(world.repository, world.policy);
      const { conflicts, written } = await reconcileTags(world.repository, chain);
      expect(conflicts).toEqual([]);
      const tags = ["v1-production", "production-r000001"];
      const last = at - commit - (after ? 0 : 1);
      expect(written).toEqual(committed ? tags.slice(Math.max(0, last)) : []);
      expect((await readStatus(world.repository, world.policy)).anomalies).toEqual([]);
      const everything = await listOf(world.repository.tags());
      expect(await reconcileTags(world.repository, chain)).toEqual({ written: [], conflicts: [] });
      expect(await listOf(world.repository.tags())).toEqual(everything);
    },
  );
});

describe("what interrupted promotions leave", () => {
  test("promote: repairs what an earlier promotion left undone, before it takes a number of its own", async () => {
    const { world } = await interrupted(7, false);
    const second = await world.push(2);
    await world.prepareStaging(second);
    const store = failing(world.repository, Number.POSITIVE_INFINITY, false);
    const tags: string[] = [];
    const watched: typeof store = {
      ...store,
      tag: async (target, tag, options) => {
        tags.push(tag);
        await store.tag(target, tag, options);
      },
    };
    await promote(watched, { ...world.request(second, "staging"), signer: cast.mike });
    expect(tags).toEqual(["v1-production", "production-r000001", "mreg-log-000003", "v2-staging"]);
    expect((await readStatus(world.repository, world.policy)).anomalies).toEqual([]);
  });

  test("promote: commits although its tags are taken, and says so", async () => {
    const { world, target } = await ready();
    const other = await world.push(2);
    await world.repository.tag(other, "v1-production");
    const { conflicts } = await world.promote(target, "production");
    expect(conflicts).toEqual([{ tag: "v1-production", expected: target.digest }]);
    await verifyState(world.repository, world.policy, target, "production");
  });
});

describe.each([
  ["memory", () => new MemoryRegistry()],
  ["layout", () => new LayoutRegistry({ root: directory })],
] as const)("two at once, %s", (kind, registry) => {
  test(`promote: of two versions at once exactly one moves, the other gets STATE_CONFLICT (${kind})`, async () => {
    const world = new World(cast, { registry: registry(), model: "ml/race" });
    const targets = [await world.push(1), await world.push(2)];
    for (const target of targets) await world.prepareStaging(target);
    const results = await Promise.allSettled(targets.map((target) => world.promote(target, "staging")));
    const lost = results.filter((result) => result.status === "rejected").map(({ reason }) => reason as unknown);
    expect(lost).toHaveLength(1);
    expect(isMregError(lost[0]) && lost[0].code).toBe("STATE_CONFLICT");
    expect((await readChain(world.repository, world.policy)).links).toHaveLength(1);
    for (const target of targets) await world.promote(target, "staging");
    const status = await readStatus(world.repository, world.policy);
    expect(status.versions.map(({ state }) => state)).toEqual(["staging", "staging"]);
    expect(status.anomalies).toEqual([]);
  });

  test(`promote: of two runs of one promotion, the loser finds it done when it runs again (${kind})`, async () => {
    const world = new World(cast, { registry: registry(), model: "ml/twins" });
    const target = await world.push(1);
    await world.prepareStaging(target);
    const results = await Promise.allSettled([
      world.promote(target, "staging"),
      world.promote(target, "staging", "ci"),
    ]);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await world.promote(target, "staging")).outcome).toBe("present");
    expect((await listOf(world.repository.tags())).filter((tag) => tag.startsWith("mreg-log"))).toHaveLength(1);
  });
});

test("promote: a registry that lets two writers succeed shows the loser by the read-back", async () => {
  const world = new World(cast);
  const [mine, theirs] = [await world.push(1), await world.push(2)];
  for (const target of [mine, theirs]) await world.prepareStaging(target);
  const store = failing(world.repository, Number.POSITIVE_INFINITY, false);
  const overwriting: typeof store = {
    ...store,
    tag: async (target, tag, options) => {
      await store.tag(target, tag, options);
      // Another client, without create-once, writes the same tag a moment later.
      if (tag === "mreg-log-000001") await store.tag(theirs, tag);
    },
  };
  const request = { ...world.request(mine, "staging"), signer: cast.mike };
  await rejectsWith(promote(overwriting, request), "STATE_CONFLICT");
});
