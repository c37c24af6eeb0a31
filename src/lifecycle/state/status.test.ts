import { beforeAll, describe, expect, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { type Cast, newCast, predicates, typeOf, World } from "../../../test/support/lifecycle.ts";
import { readChain } from "../chain/read.ts";
import { reconcileTags } from "../moves/reconcile.ts";
import { parsePolicy } from "../policy/parse.ts";
import { registerVersion } from "../versions/register.ts";
import { resolveAlias } from "./alias.ts";
import { readStatus } from "./status.ts";
import { verifyState } from "./verify-state.ts";

let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

const status = (world: World) => readStatus(world.repository, world.policy);

describe("tags against the chain", () => {
  test("verifyState: a hand-pushed v1-production changes nothing, and status shows it as forged", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    await world.repository.tag(target, "v1-production");
    await world.repository.tag(target, "production-r000001");
    const error = await rejectsWith(verifyState(world.repository, world.policy, target, "production"), "NO_SIGNATURE");
    expect(error.message).toMatch(/is in experimental, expected production: no signed record says so/);
    await rejectsWith(resolveAlias(world.repository, world.policy, "production"), "NOT_FOUND");
    expect((await status(world)).anomalies).toEqual([
      { kind: "forged", tag: "production-r000001", digest: target.digest },
      { kind: "forged", tag: "v1-production", digest: target.digest },
    ]);
  });

  test("readStatus: tells forged, moved and missing tags apart, and leaves other people's tags alone", async () => {
    const world = new World(cast);
    const first = await world.release(1);
    const second = await world.push(2);
    await world.repository.tag(second, "v1");
    await world.repository.tag(second, "v1-staging");
    await world.repository.untag("v1-production");
    await world.repository.tag(second, "production-r000002");
    await world.repository.tag(second, "v2-archived");
    await world.repository.tag(second, "v3-staging");
    await world.repository.untag("v2-experimental");
    for (const own of ["latest", "v1-rc1", "canary-r000001"]) await world.repository.tag(second, own);
    const report = await status(world);
    expect(report.anomalies).toEqual([
      { kind: "forged", tag: "production-r000002", digest: second.digest },
      { kind: "moved", tag: "v1", digest: second.digest, expected: first.digest },
      { kind: "missing", tag: "v1-production", expected: first.digest },
      { kind: "moved", tag: "v1-staging", digest: second.digest, expected: first.digest },
      { kind: "forged", tag: "v2-archived", digest: second.digest },
      { kind: "missing", tag: "v2-experimental", expected: second.digest },
      { kind: "forged", tag: "v3-staging", digest: second.digest },
    ]);
    expect(report.versions).toMatchObject([
      { version: 1, digest: first.digest, state: "production", by: "mike", isServing: true },
      { version: 2, digest: second.digest, state: "experimental", isServing: false },
    ]);
    expect(report.head).toMatchObject({ sequence: 2 });
  });

  test("promote: refuses a version tag that was moved to other content", async () => {
    const world = new World(cast);
    await world.release(1);
    const other = await world.push(2);
    await world.repository.untag("v2");
    await world.repository.tag(other, "v1");
    const error = await rejectsWith(world.check(other, "staging"), "SUBJECT_MISMATCH");
    expect(error.message).toMatch(/tag v1 names sha256:.*but the chain knows v1 as sha256:/);
  });

  test("check: content without a version tag has nothing to be moved", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    await world.repository.untag("v1");
    await rejectsWith(world.check(target, "staging"), "NOT_FOUND");
  });

  test("reconcileTags: writes what is missing, reports what is taken, moves nothing", async () => {
    const world = new World(cast);
    const first = await world.release(1);
    const second = await world.push(2);
    for (const tag of ["v1", "v1-staging", "production-r000001"]) await world.repository.untag(tag);
    await world.repository.tag(second, "v1-production");
    const chain = await readChain(world.repository, world.policy);
    const report = await reconcileTags(world.repository, chain);
    expect(report).toEqual({
      written: ["v1", "v1-staging", "production-r000001"],
      conflicts: [{ tag: "v1-production", expected: first.digest }],
    });
    expect((await world.repository.resolve("v1-production")).digest).toBe(second.digest);
    expect((await reconcileTags(world.repository, chain)).written).toEqual([]);
  });
});

describe("verifyState", () => {
  test.each(["card", "approval"] as const)(
    "verifyState: fails when the %s that the record names is gone",
    async (kind) => {
      const world = new World(cast);
      const target = await world.release(1);
      for await (const referrer of world.repository.referrers(target)) {
        const type = referrer.annotations?.["dev.sigstore.bundle.predicateType"];
        if (type === typeOf[kind]) await world.repository.delete(referrer);
      }
      await rejectsWith(verifyState(world.repository, world.policy, target, "production"), "NO_SIGNATURE");
    },
  );

  test("verifyState: is by the evidence of then: what is attached later changes nothing", async () => {
    const world = new World(cast);
    const target = await world.release(1);
    world.pass(60);
    await world.state(target, typeOf.eval, predicates.eval("0.10", { evaluatedAt: "2026-11-20T12:30:00Z" }));
    await verifyState(world.repository, world.policy, target, "production");
    world.pass(60 * 24 * 365);
    await verifyState(world.repository, world.policy, target, "production");
  });

  test("verifyState: says that the policy changed since, and judges by its present form", async () => {
    const world = new World(cast);
    const target = await world.release(1);
    const next = world.yaml.replace("version: 1\n", "version: 2\n");
    const later = parsePolicy(next);
    expect(await verifyState(world.repository, later, target, "production")).toMatchObject({ policyChanged: true });
    const stricter = parsePolicy(next.replaceAll("claims: required", 'metrics: [{id: loans.accuracy, min: "0.95"}]'));
    const error = await rejectsWith(verifyState(world.repository, stricter, target, "production"), "GATE_DENIED");
    expect(error.message).toMatch(/loans\.accuracy 0\.91, expected at least 0\.95/);
  });

  test("verifyState: a policy that was edited under its version is not the one that decided", async () => {
    const world = new World(cast);
    const target = await world.release(1);
    const edited = parsePolicy(`${world.yaml}# reviewed\n`);
    const error = await rejectsWith(verifyState(world.repository, edited, target, "production"), "GATE_DENIED");
    expect(error.message).toMatch(/MREG-E414 policy: policy models@1 was edited under its version/);
    // A reader's own policy, under another name, judges as it likes.
    const own = parsePolicy(world.yaml.replace("name: models", "name: auditors"));
    expect(await verifyState(world.repository, own, target, "production")).toMatchObject({ policyChanged: true });
  });

  test("verifyState: a policy that does not know the signer breaks the chain", async () => {
    const world = new World(cast);
    const target = await world.release(1);
    const stranger = new World(await newCast());
    await rejectsWith(verifyState(world.repository, stranger.policy, target, "production"), "CHAIN_BROKEN");
  });

  test("verifyState: another state than the present one does not hold", async () => {
    const world = new World(cast);
    const target = await world.release(1);
    for (const state of ["staging", "retired", "experimental", "nonsense"]) {
      const error = await rejectsWith(verifyState(world.repository, world.policy, target, state), "NO_SIGNATURE");
      expect(error.message).toContain(`is in production, expected ${state}`);
    }
  });
});

describe("resolveAlias", () => {
  test("resolveAlias: the champion for production, the newest version for other states", async () => {
    const world = new World(cast);
    const first = await world.release(1);
    const [second, third] = [await world.push(2), await world.push(3)];
    for (const target of [third, second]) {
      await world.prepareStaging(target);
      await world.promote(target, "staging");
    }
    const fourth = await world.push(4);
    const answer = async (state: string) => (await resolveAlias(world.repository, world.policy, state)).digest;
    expect(await answer("production")).toBe(first.digest);
    expect(await answer("staging")).toBe(third.digest);
    expect(await answer("experimental")).toBe(fourth.digest);
    await rejectsWith(answer("retired"), "NOT_FOUND");
    await rejectsWith(answer("champion"), "NOT_FOUND");
  });
});

describe("registerVersion", () => {
  test("registerVersion: counts up, and content keeps the version it has", async () => {
    const world = new World(cast);
    const first = await world.push(1);
    await world.push(2);
    expect(await registerVersion(world.repository, first)).toEqual({ version: 1, tag: "v1", outcome: "present" });
    expect(await registerVersion(world.repository, first, { version: 7 })).toMatchObject({
      version: 1,
      outcome: "present",
    });
    await world.repository.untag("v2");
    const third = await world.push(3);
    expect((await world.repository.resolve("v3")).digest).toBe(third.digest);
    await rejectsWith(world.repository.resolve("v2"), "NOT_FOUND");
  });

  test("registerVersion: takes the number asked for, once", async () => {
    const world = new World(cast);
    const first = await world.push(1);
    const second = await world.push(2);
    await world.repository.untag("v2");
    await rejectsWith(registerVersion(world.repository, second, { version: 1 }), "CONFLICT");
    expect((await world.repository.resolve("v1")).digest).toBe(first.digest);
    expect(await registerVersion(world.repository, second, { version: 9 })).toMatchObject({
      tag: "v9",
      outcome: "created",
    });
  });

  test("registerVersion: ten at once get ten numbers", async () => {
    const world = new World(cast);
    await Promise.all(Array.from({ length: 10 }, (_, seed) => world.push(seed + 1)));
    const { versions } = await status(world);
    expect(versions.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(new Set(versions.map(({ digest }) => digest)).size).toBe(10);
  });

  test("registerVersion: completes what an interruption left", async () => {
    const world = new World(cast);
    const first = await world.push(1);
    await world.repository.untag("v1-experimental");
    await registerVersion(world.repository, first);
    expect((await status(world)).anomalies).toEqual([]);
  });
});

describe("approve", () => {
  test("approve: refuses what could never count", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    await world.prepareStaging(target);
    await rejectsWith(world.approve(target, "staging"), "TRANSITION_UNKNOWN");
    await world.promote(target, "staging");
    for (const by of ["alice", "alice2", "olga", "mallory"] as const) {
      await rejectsWith(world.approve(target, "production", by), "IDENTITY_MISMATCH");
    }
    await rejectsWith(world.approve(target, "archived"), "TRANSITION_UNKNOWN");
    await expect(world.approve(target, "production", "lea", { validFor: "a while" })).rejects.toThrow(RangeError);
  });

  test("approve: lasts as long as asked, and no longer than the policy says", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    await world.prepareStaging(target);
    await world.promote(target, "staging");
    await world.prepareProduction(target);
    const { expiresAt } = await world.approve(target, "production", "lou", { validFor: "5d", comment: "looks good" });
    expect(expiresAt).toBe("2026-11-25T12:00:00.000Z");
    world.pass(72 * 60 + 1);
    expect((await world.check(target, "production")).allowed).toBe(false);
    world.pass(-1);
    expect((await world.check(target, "production")).approvals).toHaveLength(1);
  });

  test("approve: an approval is used up by the record that follows it", async () => {
    const world = new World(cast);
    const target = await world.push(1);
    await world.prepareStaging(target);
    await world.promote(target, "staging");
    await world.prepareProduction(target);
    const other = await world.push(2);
    await world.prepareStaging(other);
    await world.promote(other, "staging");
    const decision = await world.check(target, "production");
    expect(decision.gates.find(({ gate }) => gate === "approvals")?.reason).toMatch(/approved for another chain head/);
  });
});
