import { beforeAll, describe, expect, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { type Cast, newCast, predicates, typeOf, World } from "../../../test/support/lifecycle.ts";
import { readChain } from "../chain/read.ts";
import type { LifecycleError } from "../errors.ts";
import { resolveAlias } from "../state/alias.ts";
import { chainAt, sunsets } from "../state/history.ts";
import { servable } from "../state/servable.ts";
import { readStatus, statusOfChain } from "../state/status.ts";
import { verifyState } from "../state/verify-state.ts";
import { explainServing } from "../state/why.ts";
import { destination } from "./transition.ts";

let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

async function denied(work: Promise<unknown>): Promise<readonly string[]> {
  const { decision } = (await rejectsWith(work, "GATE_DENIED")) as LifecycleError;
  return decision?.gates.filter(({ passed }) => !passed).map(({ code, gate }) => `${code} ${gate}`) ?? [];
}

const chainOf = (world: World) => readChain(world.repository, world.policy);

/** Two versions in production, the second one serving. */
async function twoServed() {
  const world = new World(cast);
  const first = await world.release(1);
  world.pass(60);
  const second = await world.release(2, [first.digest]);
  return { first, second, world };
}

describe("slots", () => {
  const assign = (slot?: string, weight?: number) => ({
    kind: "assign" as const,
    circumstances: { ...(slot === undefined ? {} : { slot }), ...(weight === undefined ? {} : { weight }) },
  });

  async function canary() {
    const { first, second, world } = await twoServed();
    await world.approve(first, "production", "lea", assign("canary", 10));
    await world.promote(first, "production", "mike", assign("canary", 10));
    return { first, second, world };
  }

  test("promote: a slot is served beside the main one, and answered by name; the champion stays", async () => {
    const { first, second, world } = await canary();
    const resolve = async (alias: string) => (await resolveAlias(world.repository, world.policy, alias)).digest;
    expect([await resolve("production"), await resolve("production/canary")]).toEqual([second.digest, first.digest]);
    const status = await readStatus(world.repository, world.policy);
    expect(status).toMatchObject({ serving: { version: 2 }, slots: [{ slot: "canary", version: 1, weight: 10 }] });
    expect(status.anomalies).toEqual([]);
    const missing = await rejectsWith(resolveAlias(world.repository, world.policy, "production/green"), "NOT_FOUND");
    expect(missing.message).toContain("production has no slot green; other slots of production: canary");
    expect(await verifyState(world.repository, world.policy, first, "production")).toMatchObject({ isServing: true });
  });

  test("promote: a version enters production in a slot, without a rollout tag", async () => {
    const { second, world } = await twoServed();
    const third = await world.push(3);
    await world.prepareStaging(third, "0.92");
    await world.promote(third, "staging");
    await world.prepareProduction(third, [second.digest]);
    const { record } = await world.promote(third, "production", "mike", { circumstances: { slot: "green" } });
    expect(record.tags).toEqual(["mreg-log-000006", "v3-production"]);
    const explained = await explainServing(world.repository, await chainOf(world));
    expect(explained.map(({ slot, version }) => [slot, version])).toEqual([
      ["main", 2],
      ["green", 3],
    ]);
    // From green to the main slot: a decision of its own, and the next rollout.
    await world.approve(third, "production", "lea", assign());
    expect((await world.promote(third, "production", "mike", assign())).record.tags).toContain("production-r000003");
    expect((await chainOf(world)).state.champion?.version).toBe(3);
  });

  test("promote: a slot by itself asks for the move within production", async () => {
    const { first, world } = await twoServed();
    await world.approve(first, "production", "lea", assign("canary", 10));
    const { circumstances } = assign("canary", 10);
    const { record } = await world.promote(first, "production", "mike", { circumstances });
    expect(record.tags).toEqual(["mreg-log-000005"]);
    expect((await chainOf(world)).state.slots?.get("canary")).toMatchObject({ version: 1, weight: 10 });
  });

  test("promote: a weight of 0 empties the slot, and running it again changes nothing", async () => {
    const { first, world } = await canary();
    await world.approve(first, "production", "lea", assign("canary", 0));
    await world.promote(first, "production", "mike", assign("canary", 0));
    expect((await chainOf(world)).state.slots?.size).toBe(0);
    expect((await world.promote(first, "production", "mike", assign("canary", 0))).outcome).toBe("present");
  });

  test.each([
    ["more than all of the traffic", "green", 91],
    ["a slot that is no word", "Canary 2", 1],
    ["a weight for the main slot", undefined, 50],
  ])("promote: denies %s", async (_what, slot, weight) => {
    const { second, world } = await canary();
    expect(await denied(world.promote(second, "production", "mike", assign(slot, weight)))).toContain("MREG-E412 slot");
  });

  test("promote: what is retired leaves its slot", async () => {
    const { first, world } = await canary();
    await world.promote(first, "revoked", "mike", { circumstances: { reason: "biased" } });
    expect((await chainOf(world)).state.slots?.size).toBe(0);
  });
});

describe("the end of a version", () => {
  async function retired(successor = 2) {
    const { first, second, world } = await twoServed();
    await world.state(first, typeOf.document, predicates.document("migration-path"));
    await world.approve(first, "retired", "olga");
    const options = { sunset: "2d", circumstances: { successor } };
    return { first, second, world, move: () => world.promote(first, "retired", "mike", options) };
  }

  test("retire: the successor must be another version in production", async () => {
    for (const successor of [1, 3]) {
      const { move } = await retired(successor);
      expect(await denied(move())).toEqual(["MREG-E411 successor"]);
    }
  });

  test("servable: warns with the days left, then hands out for audits alone; archived too; revoked never", async () => {
    const { first, move, second, world } = await retired();
    await move();
    const of = async () => servable(await chainOf(world), first.digest, world.now);
    expect(await of()).toEqual({
      answer: "yes",
      warning: "v1 is retired: 2 days left, until 2026-11-22T13:00:00.000Z; v2 takes over",
    });
    expect(sunsets(await chainOf(world), world.now)).toMatchObject([{ version: 1, daysLeft: 2, successor: "v2" }]);
    world.pass(49 * 60);
    expect(await of()).toMatchObject({ answer: "audit" });
    await world.state(
      first,
      typeOf.consumers,
      { ...predicates.consumers(), observedAt: world.now.toISOString() },
      "mike",
    );
    await world.promote(first, "archived");
    expect(await of()).toMatchObject({ answer: "audit", reason: expect.stringContaining("v1 is archived since") });
    await world.promote(first, "revoked", "lea", { circumstances: { reason: "poisoned" } });
    expect(await of()).toMatchObject({ answer: "no" });
    expect(servable(await chainOf(world), second.digest, world.now)).toEqual({ answer: "yes" });
    expect(sunsets(await chainOf(world), world.now)).toEqual([]);
  });

  test("hold: nothing that is held is archived, until somebody with the role lifts it", async () => {
    const { first, move, world } = await retired();
    await move();
    world.pass(49 * 60);
    await world.state(
      first,
      typeOf.consumers,
      { ...predicates.consumers(), observedAt: world.now.toISOString() },
      "mike",
    );
    const hold = (kind: "hold" | "release", by: "olga" | "mike") =>
      world.promote(first, "retired", by, { kind, circumstances: { reason: "case 4711" } });
    expect(await denied(hold("hold", "mike"))).toEqual(["MREG-E301 authorize"]);
    await hold("hold", "olga");
    expect((await hold("hold", "olga")).outcome).toBe("present");
    expect(await denied(world.promote(first, "archived"))).toEqual(["MREG-E409 legal-hold"]);
    await verifyState(world.repository, world.policy, first, "retired");
    await hold("release", "olga");
    expect((await world.promote(first, "archived")).outcome).toBe("done");
  });
});

test("destination: a kind of move names a state where it leads to one, and says whether there is none or several", async () => {
  const { world } = await twoServed();
  const { state } = await chainOf(world);
  const of = (version: number, kind: "hold" | "retire") => destination(state, world.policy, { version, kind });
  expect(of(1, "retire")).toBe("retired");
  expect(() => of(9, "hold")).toThrow("v9 is in experimental, and the policy has no moves of kind hold from there");
});

test("chainAt: answers for a past moment by the records of then", async () => {
  const { world } = await twoServed();
  const chain = await chainOf(world);
  const at = (time: string) => statusOfChain(chainAt(chain, new Date(time))).serving?.version;
  expect([at("2026-11-20T11:59:59Z"), at("2026-11-20T12:00:00Z"), at("2026-11-20T13:00:00Z")]).toEqual([
    undefined,
    1,
    2,
  ]);
});
