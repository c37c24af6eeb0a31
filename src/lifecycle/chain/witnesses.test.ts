import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { type Cast, newCast, predicates, typeOf, World } from "../../../test/support/lifecycle.ts";
import { type SigstoreInstance, startSigstore } from "../../../test/support/sigstore-instance.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { type Signer, type Witnesses as Testifying, withWitnesses } from "../../trust/index.ts";
import { parsePolicy } from "../policy/parse.ts";
import { readStatus } from "../state/status.ts";
import { logTag } from "../versions/tags.ts";
import { HeadFiles } from "./head-files.ts";
import { readChain } from "./read.ts";
import type { TransitionRecord } from "./record.ts";
import { recordTime } from "./witnesses.ts";

let cast: Cast;
let sigstore: SigstoreInstance;
let stranger: SigstoreInstance;
/** When the instance testifies: the clock of these tests. */
let moment: Date;
beforeAll(async () => {
  moment = new Date(Math.floor(Date.now() / 1000) * 1000 + 5_000);
  const options = { issuesAt: moment };
  [cast, sigstore, stranger] = await Promise.all([newCast(), startSigstore(options), startSigstore(options)]);
});
afterAll(() => Promise.all([sigstore.close(), stranger.close()]));

const byTsa = (instance = sigstore): Testifying => ({ logs: [], timestampAuthorities: [instance.tsaUrl] });
const byBoth = (): Testifying => ({ ...byTsa(), logs: [{ url: sigstore.url, majorApiVersion: 1 }] });
const mike = (witnesses: Testifying): Signer => withWitnesses(cast.mike, witnesses, globalThis.fetch);

/** A world whose clock is `offMinutes` from the witnesses', and its policy with a rule for them. */
function worldOf(rule: string, offMinutes = 0) {
  const world = new World(cast);
  world.now = new Date(moment.getTime() + offMinutes * 60_000);
  const yaml = rule === "" ? world.yaml : `${world.yaml}witnesses: {${rule}}\n`;
  const policy = parsePolicy(yaml, { trustRoot: sigstore.root });
  const bare = parsePolicy(yaml);
  const staged = async (signer: Signer, by = policy): Promise<Descriptor> => {
    const target = await world.push(1);
    await world.prepareStaging(target);
    await world.promote(target, "staging", "mike", { policy: by, signer });
    return target;
  };
  return { bare, policy, staged, world };
}

const read = (world: World, policy: ReturnType<typeof parsePolicy>) => readChain(world.repository, policy);
const timesOf = async (world: World, policy: ReturnType<typeof parsePolicy>) =>
  (await read(world, policy)).links.map((link) => recordTime(link, policy));

describe("a policy that asks for witnesses", () => {
  test.each([
    ["a timestamp", "times: 1", byTsa],
    ["a timestamp and a log that signs its time", "times: 2, logs: 1", byBoth],
  ])("readChain: accepts a record with %s, and says what time is proven", async (_what, rule, witnesses) => {
    const { policy, staged, world } = worldOf(rule, -2);
    await staged(mike(witnesses()));
    const authorities = expect.arrayContaining([sigstore.tsaUrl]) as string[];
    const proven = { status: "proven", recordedAt: world.now.toISOString(), provenAt: moment.toISOString() };
    expect(await timesOf(world, policy)).toMatchObject([{ ...proven, differenceMs: 120_000, authorities }]);
    expect((await readStatus(world.repository, policy)).versions).toMatchObject([{ time: { status: "proven" } }]);
  });

  test("promote: a key that nobody testifies for writes nothing", async () => {
    const { policy, staged, world } = worldOf("times: 1");
    expect((await rejectsWith(staged(cast.mike), "KEY_INVALID")).message).toContain("asks for witnesses");
    expect((await read(world, policy)).links).toEqual([]);
    let count = 0;
    for await (const _referrer of world.repository.referrers(await world.repository.resolve("v1"))) count++;
    expect(count).toBe(5);
  });

  test("promote: without a root to verify witnesses by it writes nothing, and no record is accepted", async () => {
    const { bare, policy, staged, world } = worldOf("times: 1");
    await rejectsWith(staged(mike(byTsa()), bare), "TRUST_ROOT_INVALID");
    await world.promote(await world.repository.resolve("v1"), "staging", "mike", { policy, signer: mike(byTsa()) });
    const error = await rejectsWith(read(world, bare), "CHAIN_BROKEN");
    expect(error.message).toContain("no witness that was verified, expected 1 of its time");
  });

  test("promote: a witness whom readers would not believe keeps the record from its number", async () => {
    const { policy, staged, world } = worldOf("times: 1");
    const error = await rejectsWith(staged(mike(byTsa(stranger))), "CHAIN_BROKEN");
    expect(error.message).toContain("no witness to it holds");
    expect((await read(world, policy)).links).toEqual([]);
  });

  test.each([
    ["none", () => cast.mike, "times: 1", /no witness that was verified/],
    ["a stranger's", () => mike(byTsa(stranger)), "times: 1", /no witness to it holds: .*proofs of the bundle do not/],
    ["too few of its time", () => mike(byTsa()), "times: 2", /1 distinct sources of time, expected at least 2/],
    ["no log", () => mike(byTsa()), "times: 1, logs: 1", /0 distinct transparency logs, expected at least 1/],
  ])("readChain: refuses a record that was written past mreg with %s", async (_what, signer, rule, reason) => {
    const { policy, staged, world } = worldOf(rule);
    await staged(signer(), world.policy);
    expect((await rejectsWith(read(world, policy), "CHAIN_BROKEN")).message).toMatch(reason);
  });

  test("readChain: refuses the timestamp of another signature", async () => {
    const { policy, staged, world } = worldOf("times: 1");
    const other = await mike(byTsa()).prove?.({ payload: Buffer.from("{}"), signature: Buffer.from("x") });
    await staged({ ...mike(byTsa()), prove: async () => other ?? { logEntries: [], timestamps: [] } }, world.policy);
    expect((await rejectsWith(read(world, policy), "CHAIN_BROKEN")).message).toContain("no witness to it holds");
  });

  test.each([
    ["backdated", -11],
    ["of the future", 11],
  ])("readChain: refuses a record that is %s by more than the bound", async (_what, minutes) => {
    const { policy, staged, world } = worldOf("times: 1", minutes);
    await staged(mike(byTsa()), world.policy);
    const error = await rejectsWith(read(world, policy), "CHAIN_BROKEN");
    expect(error.message).toMatch(/first saw it at .*: 11m apart, expected at most 10m/);
  });

  test("readChain: the bound is the policy's, and both ends of it count", async () => {
    const { policy, staged, world } = worldOf("times: 1, maxDifference: 15m", -15);
    await staged(mike(byTsa()), world.policy);
    expect(await timesOf(world, policy)).toMatchObject([{ status: "proven", differenceMs: 900_000 }]);
    const closer = parsePolicy(`${world.yaml}witnesses: {times: 1, maxDifference: 14m}\n`, {
      trustRoot: sigstore.root,
    });
    await rejectsWith(read(world, closer), "CHAIN_BROKEN");
  });

  test("readChain: leaves records of before the rule alone, and none from its first moment on", async () => {
    const { staged, world } = worldOf("", -60);
    const target = await staged(cast.mike, world.policy);
    const yaml = world.yaml.replace("version: 1\n", "version: 2\n");
    const since = (minutes: number) => {
      const time = new Date(moment.getTime() + minutes * 60_000).toISOString();
      return parsePolicy(`${yaml}witnesses: {times: 1, since: ${time}}\n`, { trustRoot: sigstore.root });
    };
    expect(await timesOf(world, since(-59))).toMatchObject([{ status: "claimed" }]);
    await rejectsWith(read(world, since(-60)), "CHAIN_BROKEN");
    world.now = moment;
    await world.state(target, typeOf.canary, predicates.canary());
    await world.state(target, typeOf.document, predicates.document("runbook"));
    await world.state(target, typeOf.document, predicates.document("rollback-plan"));
    await world.approve(target, "production", "lea", { policy: since(-1) });
    await rejectsWith(world.promote(target, "production", "mike", { policy: since(-1) }), "KEY_INVALID");
    await world.promote(target, "production", "mike", { policy: since(-1), signer: mike(byTsa()) });
    expect(await timesOf(world, since(-1))).toMatchObject([{ status: "claimed" }, { status: "proven" }]);
  });
});

describe("a policy that asks for none", () => {
  test.each([
    ["nothing came with it", () => cast.mike, "claimed", /^$/],
    ["a timestamp holds", () => mike(byTsa()), "proven", /^$/],
    ["nobody can verify it", () => mike(byTsa()), "unchecked", /^$/],
    ["it does not hold", () => mike(byTsa(stranger)), "invalid", /do not hold/],
  ])("readChain: the record counts, and its time is told apart: %s", async (_what, signer, status, reason) => {
    const { bare, policy, staged, world } = worldOf("");
    await staged(signer(), world.policy);
    const [time] = await timesOf(world, status === "unchecked" ? bare : policy);
    expect(time?.status).toBe(status);
    expect(time?.reason ?? "").toMatch(reason);
  });

  test("readChain: a time that witnesses contradict is disputed", async () => {
    const { policy, staged, world } = worldOf("", -11);
    await staged(mike(byTsa()), world.policy);
    const disputed = { status: "disputed", provenAt: moment.toISOString(), differenceMs: 660_000 };
    expect(await timesOf(world, policy)).toMatchObject([disputed]);
  });

  test("recordTime: one witness who says another time is enough for a dispute, whatever the others say", () => {
    const { policy, world } = worldOf("");
    const witness = (minutes: number, authority: string) => {
      const time = new Date(world.now.getTime() + minutes * 60_000).toISOString();
      return { time, source: "timestamp-authority" as const, authority };
    };
    const record = { recordedAt: world.now.toISOString() } as TransitionRecord;
    const of = (...times: ReturnType<typeof witness>[]) =>
      recordTime({ record, witnesses: { times, logs: [] } }, policy);
    const [near, far] = [witness(1, "https://one.example.com"), witness(11, "https://two.example.com")];
    expect(of(near)).toMatchObject({ status: "proven", differenceMs: 60_000 });
    expect(of(near, far)).toMatchObject({ status: "disputed", provenAt: near.time, differenceMs: 660_000 });
    expect(of()).toMatchObject({ status: "claimed" });
  });

  test("readChain: a remembered head keeps what was proven, and another root proves it anew", async () => {
    const directory = await mkdtemp(join(tmpdir(), "mreg-heads-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const heads = new HeadFiles(directory);
    const { bare, policy, staged, world } = worldOf("");
    await staged(mike(byTsa()), world.policy);
    const status = async (by: typeof policy) => {
      const { links } = await readChain(world.repository, by, { heads });
      return links.map((link) => recordTime(link, by).status);
    };
    expect(await status(policy)).toEqual(["proven"]);
    const fetch = vi.spyOn(world.repository, "fetch");
    expect(await status(policy)).toEqual(["proven"]);
    expect(fetch).not.toHaveBeenCalled();
    const other = parsePolicy(world.yaml, { trustRoot: stranger.root });
    expect(await status(other)).toEqual(["invalid"]);
    expect(await status(bare)).toEqual(["unchecked"]);
    expect(await status(policy)).toEqual(["proven"]);
    await world.repository.untag(logTag(1));
    await rejectsWith(status(other), "CHAIN_BROKEN");
  });
});
