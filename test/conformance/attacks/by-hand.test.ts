import { beforeAll, describe, expect, test } from "vitest";
import { toContentDigest } from "../../../src/evidence/index.ts";
import {
  type ChainLink,
  explainVersion,
  type LifecycleError,
  logTag,
  type Policy,
  parsePolicy,
  readChain,
  readStatus,
  servable,
  type TransitionRecord,
  verifyState,
} from "../../../src/lifecycle/index.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { makeStatement, signStatement } from "../../../src/trust/index.ts";
import { rejectsWith } from "../../support/expect.ts";
import { type Cast, type CastName, newCast, predicates, typeOf, World } from "../../support/lifecycle.ts";

/** Records that somebody with the role signed by hand, past `decide`: what each kind of them can do, and what not. */

let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

/** The cast's policy, in which revocations and holds take a second person, too. */
function strictWorld(): { readonly world: World; readonly policy: Policy } {
  const world = new World(cast);
  const second = "approvals: {count: 1, roles: [lead], distinctFrom: [requester]}";
  const yaml = world.yaml
    .replace("authorize: {roles: [mlops, lead, owner]}", `authorize: {roles: [mlops, lead, owner]}\n    ${second}`)
    .replaceAll(
      /kind: (hold|release), authorize: \{roles: \[owner\]\}/g,
      `kind: $1, authorize: {roles: [owner]}, ${second}`,
    );
  return { world, policy: parsePolicy(yaml) };
}

/** Signs a record after the newest one, with what its author wants it to say, and takes the next number. */
async function byHand(
  world: World,
  policy: Policy,
  { by, target, ...record }: Partial<TransitionRecord> & { readonly by: CastName; readonly target: Descriptor },
): Promise<ChainLink> {
  const { links, state } = await readChain(world.repository, policy);
  const last = links.at(-1);
  const predicate = {
    ...{ seq: links.length + 1, prev: last ? toContentDigest(last.bundle.digest) : null, model: "ml/risk" },
    ...{ version: "v1", from: "production", to: "production", kind: "promote", requester: by, approvals: [] },
    ...{ evidence: [], baseline: [], verdict: last?.record.verdict ?? { sha256: "00".repeat(32) } },
    policy: { name: policy.name, version: policy.version, digest: toContentDigest(policy.digest) },
    previousChampion: state.champion ? toContentDigest(state.champion.digest) : null,
    ...{ recordedAt: world.now.toISOString(), tool: "by hand" },
    ...record,
  };
  const predicateType = `https://mreg.dev/transition/${predicate.to}/v1`;
  const statement = makeStatement({ subject: target, name: "ml/risk", predicateType, predicate });
  const bundle = await signStatement(world.repository, target, statement, { signer: cast[by], clock: world.clock });
  await world.repository.tag(bundle, logTag(links.length + 1));
  const link = (await readChain(world.repository, policy)).links.at(-1);
  if (!link) throw new Error("no record");
  return link;
}

async function denied(work: Promise<unknown>): Promise<string> {
  const error = (await rejectsWith(work, "GATE_DENIED")) as LifecycleError;
  const failed = error.decision?.gates.filter(({ passed }) => !passed) ?? [];
  return failed.map(({ code, gate, reason }) => `${code} ${gate}: ${reason}`).join("; ");
}

const omissionsIn = async (world: World, policy: Policy) =>
  (await readStatus(world.repository, policy)).omissions.map(({ kind, omits }) => [kind, ...omits]);

/** Takes a version to production under a policy of the test's own. */
async function released(world: World, policy: Policy, seed = 1): Promise<Descriptor> {
  const target = await world.push(seed);
  await world.prepareStaging(target);
  await world.promote(target, "staging", "mike", { policy });
  await world.state(target, typeOf.canary, predicates.canary());
  await world.state(target, typeOf.document, predicates.document("runbook"));
  await world.state(target, typeOf.document, predicates.document("rollback-plan"));
  await world.approve(target, "production", "lea", { policy });
  await world.promote(target, "production", "mike", { policy });
  return target;
}

const reason = "case 4711";

describe("a revocation by hand, without the second person", () => {
  test("readStatus: names it at once; it stays out of service, and the model goes on", async () => {
    const { policy, world } = strictWorld();
    const target = await released(world, policy);
    await byHand(world, policy, { by: "lou", target, to: "revoked", kind: "revoke" });
    expect(await omissionsIn(world, policy)).toEqual([["revoke", "names 0 of 1 approvals", "gives no reason"]]);
    const chain = await readChain(world.repository, policy);
    expect(servable(chain, target.digest, world.now)).toMatchObject({ answer: "no", link: { sequence: 3 } });
    const { judged = [] } = (await explainVersion(world.repository, chain, 1).catch(() => undefined)) ?? {};
    expect(judged.every(({ decision }) => !decision.allowed)).toBe(true);
    await rejectsWith(verifyState(world.repository, policy, target, "revoked"));
    // The model is not stopped by it: the next version takes its way.
    await released(world, policy, 2);
    await verifyState(world.repository, policy, await world.repository.resolve("v2"), "production");
  });

  test("readStatus: approvals that are named count as named; judged again they are missed", async () => {
    const { policy, world } = strictWorld();
    const target = await released(world, policy);
    const approvals = [{ sha256: "ab".repeat(32) }];
    await byHand(world, policy, { by: "lou", target, to: "revoked", kind: "revoke", reason, approvals });
    expect(await omissionsIn(world, policy)).toEqual([]);
    const error = await rejectsWith(verifyState(world.repository, policy, target, "revoked"), "NO_SIGNATURE");
    expect(error.message).toContain("is named by a record, but it is gone");
  });

  test("readStatus: one that was made by mreg omits nothing", async () => {
    const { policy, world } = strictWorld();
    const target = await released(world, policy);
    await world.approve(target, "revoked", "lea", { policy, kind: "revoke" });
    await world.promote(target, "revoked", "lou", { policy, kind: "revoke", circumstances: { reason } });
    expect(await omissionsIn(world, policy)).toEqual([]);
    await verifyState(world.repository, policy, target, "revoked");
  });
});

describe("a release by hand", () => {
  /** Version 1 retired, its sunset over, nobody using it, held. */
  async function held() {
    const { policy, world } = strictWorld();
    const first = await released(world, policy);
    world.pass(60);
    const second = await world.push(2);
    await world.prepareStaging(second);
    await world.promote(second, "staging", "mike", { policy });
    await world.state(second, typeOf.canary, predicates.canary());
    await world.state(second, typeOf.document, predicates.document("runbook"));
    await world.state(second, typeOf.document, predicates.document("rollback-plan", [first.digest]));
    await world.approve(second, "production", "lea", { policy });
    await world.promote(second, "production", "mike", { policy });
    await world.state(first, typeOf.document, predicates.document("migration-path"));
    await world.approve(first, "retired", "olga", { policy, kind: "retire" });
    await world.promote(first, "retired", "mike", { policy, kind: "retire", sunset: "1d" });
    const aside = async (kind: "hold" | "release") => {
      await world.approve(first, "retired", "lea", { policy, kind });
      return world.promote(first, "retired", "olga", { policy, kind, circumstances: { reason } });
    };
    await aside("hold");
    world.pass(49 * 60);
    const observedAt = world.now.toISOString();
    await world.state(first, typeOf.consumers, { ...predicates.consumers(), observedAt }, "mike");
    const archive = () => world.promote(first, "archived", "mike", { policy });
    return { archive, aside, first, policy, world };
  }

  test("archive: the hold stands, and the denial says which release does not count; an honest one ends it", async () => {
    const { archive, aside, first, policy, world } = await held();
    expect(await denied(archive())).toContain("MREG-E409 legal-hold: held since");
    await byHand(world, policy, { by: "olga", target: first, from: "retired", to: "retired", kind: "release", reason });
    expect(await denied(archive())).toMatch(/legal-hold: held since .*; what lifts it does not count: record 7: /);
    expect(await omissionsIn(world, policy)).toEqual([["release", "names 0 of 1 approvals"]]);
    expect((await aside("release")).outcome).toBe("done");
    // Another one by hand does not undo it.
    await byHand(world, policy, { by: "olga", target: first, from: "retired", to: "retired", kind: "release", reason });
    expect((await archive()).outcome).toBe("done");
    await verifyState(world.repository, policy, first, "archived");
  });

  test("verifyState: an archiving that rests on it does not hold either", async () => {
    const { first, policy, world } = await held();
    const release = { from: "retired", to: "retired", kind: "release", reason } as const;
    await byHand(world, policy, { by: "olga", target: first, ...release });
    await byHand(world, policy, { by: "mike", target: first, from: "retired", to: "archived", kind: "archive" });
    const chain = await readChain(world.repository, policy);
    expect(chain.state.versions.get(1)?.state).toBe("archived");
    await rejectsWith(verifyState(world.repository, policy, first, "archived"));
  });
});

/** Version 1 in production by break-glass, for a day. */
async function emergency() {
  const world = new World(cast);
  const target = await world.push(1);
  await world.state(target, typeOf.signature, {});
  await world.approve(target, "production", "lea", { kind: "break-glass" });
  const circumstances = { reason: "outage", incident: "INC-1", expiresAt: "1d" };
  await world.promote(target, "production", "mike", { kind: "break-glass", circumstances });
  return { target, world };
}

describe("a follow-up by hand", () => {
  test("verifyState: it does not prolong an emergency, nor does it open production for others", async () => {
    const { target, world } = await emergency();
    await byHand(world, world.policy, { by: "lea", target, kind: "follow-up", reason });
    const verify = () => verifyState(world.repository, world.policy, target, "production", { clock: world.clock });
    await verify();
    world.pass(25 * 60);
    expect((await rejectsWith(verify(), "NO_SIGNATURE")).message).toMatch(
      /INC-1\) until .*, which is over, and the follow-up does not count: record 2: /,
    );
    await world.prepareStaging(target);
    await world.state(target, typeOf.canary, predicates.canary());
    const second = await world.push(2);
    await world.prepareStaging(second);
    await world.promote(second, "staging");
    world.pass(50 * 60);
    await world.prepareProduction(second, [target.digest]);
    expect(await denied(world.promote(second, "production"))).toMatch(
      /MREG-E410 follow-up: .*; the follow-up that there is does not count: record 2: /,
    );
    await world.state(target, typeOf.document, predicates.document("runbook"));
    const options = { kind: "follow-up", circumstances: { reason: "post-mortem 7" } } as const;
    expect((await world.promote(target, "production", "lea", options)).outcome).toBe("done");
    await verify();
    await world.approve(second, "production");
    expect((await world.promote(second, "production")).outcome).toBe("done");
  });
});

test("a break-glass by hand whose end or follow-up is put off is named, and does not verify", async () => {
  const world = new World(cast);
  const target = await world.push(1);
  await world.state(target, typeOf.signature, {});
  const breakGlass = { incident: "INC-1", expiresAt: "2027-11-20T12:00:00Z", followUpBy: "2099-01-01T00:00:00Z" };
  const move = { from: "experimental", kind: "break-glass", reason: "outage" } as const;
  await byHand(world, world.policy, { by: "mike", target, ...move, breakGlass });
  expect(await omissionsIn(world, world.policy)).toEqual([
    ["break-glass", "names 0 of 1 approvals", "lasts beyond 7d", "puts its follow-up off beyond 72h"],
  ]);
  await rejectsWith(verifyState(world.repository, world.policy, target, "production"));
});

test("a break-glass in which all is as mreg wrote it but the day of its follow-up does not verify", async () => {
  const { target, world } = await emergency();
  const [{ record } = { record: undefined }] = (await readChain(world.repository, world.policy)).links;
  if (!record?.breakGlass) throw new Error("no emergency");
  const verify = () => verifyState(world.repository, world.policy, target, "production");
  await verify();
  await world.repository.untag(logTag(1));
  const breakGlass = { ...record.breakGlass, followUpBy: "2099-01-01T00:00:00.000Z" };
  await byHand(world, world.policy, { ...record, by: "mike", target, breakGlass });
  expect(await denied(verify())).toBe(
    "MREG-E408 break-glass: is to be followed up by 2099-01-01T00:00:00.000Z, expected within 72h",
  );
});
