import { beforeAll, describe, expect, test } from "vitest";
import { type LifecycleError, logTag, readChain, verifyState } from "../../../src/lifecycle/index.ts";
import { makeStatement, signStatement } from "../../../src/trust/index.ts";
import { attackedWorld } from "../../support/attacker.ts";
import { rejectsWith } from "../../support/expect.ts";
import { type Cast, newCast, predicates, typeOf, type World } from "../../support/lifecycle.ts";

/** Attacks by way of the emergency exit: governance.md §8.3, T21. What was tried, and what mreg said. */

let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

async function denied(work: Promise<unknown>): Promise<{ readonly gates: readonly string[] }> {
  const error = (await rejectsWith(work, "GATE_DENIED")) as LifecycleError;
  const failed = error.decision?.gates.filter(({ passed }) => !passed) ?? [];
  return { gates: failed.map(({ code, gate }) => `${code} ${gate}`) };
}

describe("T21: break-glass", () => {
  const emergency = (change: object = {}) => ({
    kind: "break-glass" as const,
    circumstances: { reason: "outage", incident: "INC-1", expiresAt: "1d", ...change },
  });

  async function opened(): Promise<{ readonly world: World; readonly target: Awaited<ReturnType<World["push"]>> }> {
    const { world } = await attackedWorld(cast);
    const target = await world.push(1);
    await world.state(target, typeOf.signature, {});
    await world.approve(target, "production", "lea", { kind: "break-glass" });
    await world.promote(target, "production", "mike", emergency());
    return { target, world };
  }

  test("T21: alone, without an incident, or without a reason it is denied, and nothing is written", async () => {
    const { world } = await attackedWorld(cast);
    const target = await world.push(1);
    await world.state(target, typeOf.signature, {});
    const alone = await denied(world.promote(target, "production", "mike", emergency({ incident: "", reason: " " })));
    expect(alone.gates).toEqual(["MREG-E310 approvals", "MREG-E407 reason", "MREG-E408 break-glass"]);
    expect((await readChain(world.repository, world.policy)).links).toEqual([]);
    // Nor can whoever asks approve it with a key of their own.
    await world.approve(target, "production", "lea", { kind: "break-glass" });
    expect((await denied(world.promote(target, "production", "lea", emergency()))).gates).toEqual([
      "MREG-E310 approvals",
    ]);
  });

  test("T21: it ends by itself: after its time the state no longer verifies", async () => {
    const { target, world } = await opened();
    const verify = () => verifyState(world.repository, world.policy, target, "production", { clock: world.clock });
    expect(await verify()).toMatchObject({ isServing: true });
    world.pass(25 * 60);
    expect((await rejectsWith(verify(), "NO_SIGNATURE")).message).toContain("came by break-glass (INC-1) until");
  });

  test("T21: without a follow-up nothing else enters production, until there is one", async () => {
    const { target, world } = await opened();
    // What others are compared with; the gates of the emergency asked for none of it.
    await world.prepareStaging(target);
    await world.state(target, typeOf.canary, predicates.canary());
    const second = await world.push(2);
    await world.prepareStaging(second);
    await world.promote(second, "staging");
    world.pass(73 * 60);
    await world.prepareProduction(second, [target.digest]);
    expect((await denied(world.promote(second, "production"))).gates).toEqual(["MREG-E410 follow-up"]);
    await world.state(target, typeOf.document, predicates.document("runbook"));
    const circumstances = { reason: "post-mortem 7" };
    await world.promote(target, "production", "lea", { kind: "follow-up", circumstances });
    await world.approve(second, "production");
    expect((await world.promote(second, "production")).outcome).toBe("done");
  });

  test("T21: an emergency signed by hand, without the second person, does not verify", async () => {
    const { target, world } = await opened();
    const { links } = await readChain(world.repository, world.policy);
    const [link] = links;
    if (!link) throw new Error("no record");
    const { world: other } = await attackedWorld(cast);
    const same = await other.push(1);
    expect(same.digest).toBe(target.digest);
    await other.state(same, typeOf.signature, {});
    const record = { ...link.record, approvals: [], evidence: [] };
    const statement = makeStatement({
      ...{
        subject: same,
        name: "ml/risk",
        predicateType: "https://mreg.dev/transition/production/v1",
        predicate: record,
      },
    });
    const bundle = await signStatement(other.repository, same, statement, { signer: cast.mike, clock: other.clock });
    await other.repository.tag(bundle, logTag(1));
    await expect(verifyState(other.repository, other.policy, same, "production")).rejects.toThrow(/gone|denied/);
  });
});
