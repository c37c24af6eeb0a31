import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  beat,
  checkCheckpoint,
  exportCheckpoint,
  findForks,
  HeadFiles,
  type LifecycleError,
  readChain,
  readStatus,
  requireFreshHead,
  resolveAlias,
  verifyState,
} from "../../../src/lifecycle/index.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { attackedWorld } from "../../support/attacker.ts";
import { bytesOf, rejectsWith } from "../../support/expect.ts";
import { type Cast, newCast, predicates, typeOf, type World } from "../../support/lifecycle.ts";

/** Attacks on tags and on the chain: governance.md §8.3. What was tried over plain HTTP, and what mreg said. */

let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

async function reader(): Promise<HeadFiles> {
  const directory = await mkdtemp(join(tmpdir(), "mreg-heads-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return new HeadFiles(directory);
}

const chainOf = (world: World, heads?: HeadFiles) => readChain(world.repository, world.policy, { heads });

async function broken(work: Promise<unknown>, reason: RegExp): Promise<void> {
  expect((await rejectsWith(work, "CHAIN_BROKEN")).message).toMatch(reason);
}

describe("T1: production tags made and moved by raw HTTP", () => {
  test("T1: a hand-made v2-production and production-r000002 change no answer, and are reported as forged", async () => {
    const { attacker, world } = await attackedWorld(cast);
    const first = await world.release(1);
    const second = await world.push(2);
    await attacker.tag("v2", "v2-production");
    await attacker.tag("v2", "production-r000002");
    expect((await resolveAlias(world.repository, world.policy, "production")).digest).toBe(first.digest);
    await rejectsWith(verifyState(world.repository, world.policy, second, "production"), "NO_SIGNATURE");
    const { anomalies } = await readStatus(world.repository, world.policy);
    expect(anomalies.map(({ kind, tag }) => [kind, tag])).toEqual([
      ["forged", "production-r000002"],
      ["forged", "v2-production"],
    ]);
  });

  test("T1: production-r000001 moved to other content is reported as moved; the answer is the record's digest", async () => {
    const { attacker, world } = await attackedWorld(cast);
    const first = await world.release(1);
    await world.push(2);
    await attacker.tag("v2", "production-r000001");
    expect((await resolveAlias(world.repository, world.policy, "production")).digest).toBe(first.digest);
    const { anomalies } = await readStatus(world.repository, world.policy);
    expect(anomalies).toMatchObject([{ kind: "moved", tag: "production-r000001", expected: first.digest }]);
  });
});

test("T5: an old record put under the next number is refused: it says which number it has", async () => {
  const { attacker, world } = await attackedWorld(cast);
  await world.release(1);
  await attacker.tag("mreg-log-000001", "mreg-log-000003");
  await broken(chainOf(world), /record 3 of the chain is broken: it says it is record 1/);
});

/** What promoters have written about records they were about to write. */
async function announcements(world: World, place: Descriptor): Promise<{ digest: string; bytes: string }[]> {
  const found: { digest: string; bytes: string }[] = [];
  for await (const referrer of world.repository.referrers(place)) {
    if (referrer.artifactType !== "application/vnd.mreg.claim.v1+json") continue;
    const bytes = Buffer.from(await bytesOf(world.repository.fetch(referrer))).toString();
    found.push({ digest: referrer.digest, bytes });
  }
  return found;
}

describe("T6: two valid successors of one record", () => {
  /** One history is shown first, then another one from the same start. */
  async function forked() {
    const { attacker, world } = await attackedWorld(cast);
    const targets = [await world.push(1), await world.push(2)] as const;
    for (const target of targets) await world.prepareStaging(target);
    await world.promote(targets[0], "staging");
    const shown = await reader();
    const chain = await chainOf(world, shown);
    const checkpoint = await exportCheckpoint(chain, world.now, { signer: cast.mike });
    // With its announcement: whoever finds that would bring the record back, or give way to it.
    const announced = await announcements(world, targets[0]);
    for (const { digest } of announced) await attacker.delete(digest);
    await attacker.delete("mreg-log-000001");
    await world.promote(targets[1], "staging");
    for (const { bytes } of announced) await attacker.put(JSON.parse(bytes) as object);
    return { checkpoint, shown, world };
  }

  test("T6: a reader who saw the one refuses the other, and says what forked", async () => {
    const { shown, world } = await forked();
    await broken(chainOf(world, shown), /mreg-log-000001 was sha256:.* and is sha256:.*: the history forked/);
    await shown.forget(world.repository.location);
    expect((await chainOf(world, shown)).links).toHaveLength(1);
  });

  test("T6: a signed checkpoint that was kept elsewhere refuses the other one, too", async () => {
    const { checkpoint, world } = await forked();
    await broken(checkCheckpoint(await chainOf(world), checkpoint), /the checkpoint of .* has record 1 as/);
  });

  test("T6: the record that was pushed aside is still announced, and shown as a fork", async () => {
    const { world } = await forked();
    const forks = await findForks(world.repository, await chainOf(world));
    expect(forks).toMatchObject([{ sequence: 1, signer: { person: "mike" } }]);
  });
});

describe("T7: an old head is served: freeze and rollback", () => {
  async function cut() {
    const { attacker, world } = await attackedWorld(cast);
    const target = await world.release(1);
    const heads = await reader();
    await chainOf(world, heads);
    await attacker.delete("mreg-log-000002");
    return { attacker, heads, target, world };
  }

  test("T7: the newest record deleted is a regression for whoever has seen it", async () => {
    const { heads, world } = await cut();
    await broken(chainOf(world, heads), /mreg-log-000002 was sha256:.* is gone: the history ends earlier/);
  });

  test("T7: also under a policy that has changed since", async () => {
    const { heads, world } = await cut();
    const { parsePolicy } = await import("../../../src/lifecycle/index.ts");
    const changed = parsePolicy(`${world.yaml}\n# newer\n`);
    await broken(readChain(world.repository, changed, { heads }), /is gone: the history ends earlier/);
  });

  test("T7: a reader who comes for the first time notices by the age of the head, unless somebody vouches for it", async () => {
    const { world } = await cut();
    world.pass(25 * 60);
    const chain = await chainOf(world);
    const fresh = () => requireFreshHead(world.repository, chain, { maxAgeMs: 86_400_000, clock: world.clock });
    await broken(fresh(), /the newest word about the head .* is from 2026-11-20T12:00:00.000Z/);
    await beat(world.repository, chain, { clock: world.clock, signer: cast.alice });
    await broken(fresh(), /the newest word about the head/);
    await beat(world.repository, chain, { clock: world.clock, signer: cast.mike });
    await fresh();
    world.pass(25 * 60);
    await broken(fresh(), /the newest word about the head .* is from 2026-11-21/);
  });

  test("T7: a heartbeat from the future vouches for nothing", async () => {
    const { world } = await cut();
    const chain = await chainOf(world);
    world.pass(60 * 24 * 30);
    await beat(world.repository, chain, { clock: world.clock, signer: cast.mike });
    world.pass(-60 * 24 * 20);
    const options = { maxAgeMs: 86_400_000, clock: world.clock };
    await broken(requireFreshHead(world.repository, chain, options), /the newest word about the head/);
  });

  test("T7: a gap in the middle is a broken chain for everybody", async () => {
    const { attacker, world } = await attackedWorld(cast);
    await world.release(1);
    await attacker.delete("mreg-log-000001");
    await broken(chainOf(world), /mreg-log-000001 is missing, although mreg-log-000002 is there/);
  });
});

test("T14: a policy that is older, renamed, or another text under the same version decides nothing", async () => {
  const { world } = await attackedWorld(cast);
  const { parsePolicy, promote } = await import("../../../src/lifecycle/index.ts");
  const newer = parsePolicy(world.yaml.replace("version: 1", "version: 2"));
  const target = await world.push(1);
  await world.prepareStaging(target);
  const request = { ...world.request(target, "staging"), signer: cast.mike };
  await promote(world.repository, { ...request, policy: newer });
  const older = await rejectsWith(promote(world.repository, { ...request, to: "production" }), "GATE_DENIED");
  expect(older.message).toContain(
    "MREG-E413 policy: policy models is version 1, but the history has used policy models@2",
  );
  await world.state(target, typeOf.canary, predicates.canary());
  await world.state(target, typeOf.document, predicates.document("runbook"));
  await world.state(target, typeOf.document, predicates.document("rollback-plan"));
  await world.approve(target, "production", "lea", { policy: newer });
  const softer = parsePolicy(
    world.yaml.replace("version: 1", "version: 2").replace("notPartial: true", "notPartial: false"),
  );
  const error = await rejectsWith(
    promote(world.repository, { ...request, to: "production", policy: softer }),
    "GATE_DENIED",
  );
  expect(error.message).toContain("MREG-E414 policy: policy models@2 was edited under its version");
  expect(error.message).toContain("lea approved for another policy");
  expect((error as LifecycleError).decision?.gates.find(({ gate }) => gate === "approvals")?.passed).toBe(false);
  const renamed = (metadata: string) =>
    parsePolicy(world.yaml.replace(/^metadata:\n(?: .*\n)+/m, `metadata: {${metadata}}\n`));
  const promoteBy = (policy: typeof softer) => promote(world.repository, { ...request, to: "production", policy });
  const other = await rejectsWith(promoteBy(renamed("name: lax, version: 9")), "GATE_DENIED");
  expect(other.message).toContain("MREG-E415 policy: policy lax@9 is not the one that the history has used, models@2");
  const low = await rejectsWith(promoteBy(renamed("name: lax, version: 1, replaces: [models]")), "GATE_DENIED");
  expect(low.message).toContain("MREG-E413 policy: policy lax is version 1");
  // What says whom it replaces, and counts on, is a new policy like any other: approvals are asked for again.
  const successor = await rejectsWith(promoteBy(renamed("name: lax, version: 3, replaces: [models]")), "GATE_DENIED");
  expect(successor.message).not.toContain(" policy: ");
  expect(successor.message).toContain("approved for another policy");
});

test("T24: a whole history copied into another repository proves nothing there: records name their model", async () => {
  const { attacker, world } = await attackedWorld(cast);
  await world.release(1);
  const { attacker: other, world: copy } = await attackedWorld(cast, { model: "ml/r1sk" });
  const { copy: copyContent } = await import("../../../src/oci/index.ts");
  for (const tag of ["v1", "mreg-log-000001", "mreg-log-000002"]) {
    await copyContent(world.repository, copy.repository, await world.repository.resolve(tag), { referrers: true, tag });
  }
  expect(await other.read("mreg-log-000001")).toBe(await attacker.read("mreg-log-000001"));
  await broken(readChain(copy.repository, world.policy), /it is about "ml\/risk", expected "ml\/r1sk"/);
});
