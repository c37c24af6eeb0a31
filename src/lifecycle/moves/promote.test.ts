import { beforeAll, describe, expect, test } from "vitest";
import { listOf, rejectsWith } from "../../../test/support/expect.ts";
import { type Cast, newCast, predicates, typeOf, World } from "../../../test/support/lifecycle.ts";
import { readChain } from "../chain/read.ts";
import type { LifecycleError } from "../errors.ts";
import { parsePolicy } from "../policy/parse.ts";
import { resolveAlias } from "../state/alias.ts";
import { readStatus } from "../state/status.ts";
import { verifyState } from "../state/verify-state.ts";

let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

const failedGates = (error: Error): string[] =>
  (error as LifecycleError).decision?.gates.filter(({ passed }) => !passed).map(({ gate }) => gate) ?? [];

describe("promote", () => {
  test("promote: lists every failed gate and writes nothing", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    const tags = await listOf(world.repository.tags());
    const error = await rejectsWith(world.promote(target, "staging"), "GATE_DENIED");
    expect(failedGates(error)).toEqual(["signature", "card", "lineage", "eval", "scan"]);
    expect(await listOf(world.repository.tags())).toEqual(tags);
    expect(await listOf(world.repository.referrers(target))).toEqual([]);
  });

  test("promote: takes a version from push to production, and the state verifies", async () => {
    const world = new World(cast);
    const target = await world.release(1);
    const answer = await verifyState(world.repository, world.policy, target, "production");
    expect(answer).toMatchObject({ version: 1, isServing: true, policyChanged: false });
    expect((await listOf(world.repository.tags())).sort()).toEqual([
      "mreg-log-000001",
      "mreg-log-000002",
      "production-r000001",
      "v1",
      "v1-experimental",
      "v1-production",
      "v1-staging",
    ]);
    const status = await readStatus(world.repository, world.policy);
    expect(status).toMatchObject({ serving: { version: 1, state: "production", by: "mike" }, anomalies: [] });
    expect((await resolveAlias(world.repository, world.policy, "production")).digest).toBe(target.digest);
  });

  test("promote: with `refuseWarnings`, does not make a move that is allowed with warnings", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    await world.prepareStaging(target);
    await world.state(target, typeOf.scan, predicates.scan([], { scannedAt: "2026-11-19T00:00:00Z" }));
    const policy = parsePolicy(`${world.yaml}enforcement: {audit: [scan]}\n`);
    const error = await rejectsWith(
      world.promote(target, "staging", "mike", { policy, refuseWarnings: true }),
      "GATE_DENIED",
    );
    expect((error as LifecycleError).decision).toMatchObject({ allowed: true });
    expect(error.message).toContain("is allowed, but not without warnings: MREG-E211 scan: the policy only audits");
    expect((await readChain(world.repository, world.policy)).links).toHaveLength(0);
    expect(await world.promote(target, "staging", "mike", { policy })).toMatchObject({ outcome: "done" });
  });

  test("promote: says `present` when run again, and writes no second record", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    await world.prepareStaging(target);
    const first = await world.promote(target, "staging");
    const again = await world.promote(target, "staging");
    expect(first.outcome).toBe("done");
    expect(again).toMatchObject({ outcome: "present", record: first.record });
    expect((await readChain(world.repository, world.policy)).links).toHaveLength(1);
  });

  test("promote: check and promote agree", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    await world.prepareStaging(target);
    const checked = await world.check(target, "staging", "mike");
    const { decision } = await world.promote(target, "staging");
    expect(decision).toEqual(checked);
    const again = await world.promote(target, "staging");
    expect(await world.check(target, "staging", "mike")).toEqual(again.decision);
  });

  test("promote: refuses a requester without the role, also when all evidence is there", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    await world.prepareStaging(target);
    for (const by of ["alice", "norman", "mallory"] as const) {
      const error = await rejectsWith(world.promote(target, "staging", by), "GATE_DENIED");
      expect(failedGates(error)).toEqual(["authorize"]);
    }
  });

  test("promote: does not believe statements by unknown keys or about other content, and names them", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    await world.prepareStaging(target);
    const other = await world.push(2);
    const foreign = await world.state(other, typeOf.card, predicates.card(), "mallory");
    const error = await rejectsWith(world.promote(other, "staging"), "GATE_DENIED");
    expect(failedGates(error)).toEqual(["signature", "card", "lineage", "eval", "scan"]);
    expect(error.message).toContain(
      `no model card; not counted, no key of the policy signed it: ${foreign.digest.slice(0, 19)}`,
    );
  });

  test("promote: of one content under two numbers, moves the version that is meant", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    await world.repository.tag(target, "v5");
    await world.prepareStaging(target);
    const { decision } = await world.promote(target, "staging", "mike", { version: 5 });
    expect(decision.version).toBe(5);
    expect((await world.check(target, "production")).version).toBe(5);
    await rejectsWith(world.promote(target, "staging", "mike", { version: 7 }), "NOT_FOUND");
  });

  test("promote: compares with the champion, and a later version takes over", async () => {
    const world = new World(cast);
    const first = await world.release(1);
    const second = await world.push(2);
    await world.prepareStaging(second, "0.90");
    const error = await rejectsWith(world.promote(second, "staging"), "GATE_DENIED");
    expect(error.message).toContain("loans.accuracy 0.90 vs champion v1 0.91: -0.01, expected at least 0");
    await world.state(second, typeOf.eval, predicates.eval("0.92", { evaluatedAt: "2026-11-11T00:00:00Z" }));
    await world.promote(second, "staging");
    await world.prepareProduction(second, [first.digest]);
    await world.promote(second, "production");
    const status = await readStatus(world.repository, world.policy);
    expect(status.versions.map(({ version, state, isServing }) => [version, state, isServing])).toEqual([
      [1, "production", false],
      [2, "production", true],
    ]);
  });

  test("promote: rolls back only by name, with a rollout tag that rises", async () => {
    const world = new World(cast);
    const first = await world.release(1);
    const second = await world.release(2, [first.digest]);
    await rejectsWith(world.promote(first, "production"), "TRANSITION_UNKNOWN");
    const { record } = await world.promote(first, "production", "lea", { kind: "rollback" });
    expect(record.tags).toEqual(["mreg-log-000005", "v1-production", "production-r000003"]);
    expect((await world.repository.resolve("production-r000003")).digest).toBe(first.digest);
    expect((await resolveAlias(world.repository, world.policy, "production")).digest).toBe(first.digest);
    await verifyState(world.repository, world.policy, first, "production");
    await verifyState(world.repository, world.policy, second, "production");
  });

  test("promote: a sunset may be a date, and the record names the CI run", async () => {
    const world = new World(cast);
    const first = await world.release(1);
    await world.release(2, [first.digest]);
    await world.state(first, typeOf.document, predicates.document("migration-path"));
    await world.approve(first, "retired", "olga");
    const nonsense = await rejectsWith(world.promote(first, "retired", "mike", { sunset: "soon" }), "GATE_DENIED");
    expect(failedGates(nonsense)).toEqual(["sunset"]);
    const ci = { runUri: "https://ci.example.com/runs/7" };
    await world.promote(first, "retired", "mike", { sunset: "2027-01-01", ci });
    const { links } = await readChain(world.repository, world.policy);
    expect(links.at(-1)?.record).toMatchObject({ sunset: { expiresAt: "2027-01-01T00:00:00.000Z" }, ci });
  });

  test("promote: retires and archives, with sunset, migration path, owner's approval and no consumers", async () => {
    const world = new World(cast);
    const first = await world.release(1);
    await world.release(2, [first.digest]);
    const denied = await rejectsWith(world.promote(first, "retired"), "GATE_DENIED");
    expect(failedGates(denied)).toEqual(["sunset", "migration", "approvals"]);
    await world.state(first, typeOf.document, predicates.document("migration-path"));
    await world.approve(first, "retired", "olga");
    await world.promote(first, "retired", "mike", { sunset: "1d" });
    await verifyState(world.repository, world.policy, first, "retired");
    expect(failedGates(await rejectsWith(world.promote(first, "archived"), "GATE_DENIED"))).toEqual([
      "sunset-expired",
      "unused",
    ]);
    world.pass(24 * 60);
    await world.state(first, typeOf.consumers, predicates.consumers(), "mike");
    await world.promote(first, "archived");
    const { versions } = await readStatus(world.repository, world.policy);
    expect(versions.map(({ state }) => state)).toEqual(["archived", "production"]);
  });
});
