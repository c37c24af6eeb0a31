import { beforeAll, describe, expect, test } from "vitest";
import {
  type LifecycleError,
  logTag,
  parsePolicy,
  readChain,
  servable,
  verifyState,
} from "../../../src/lifecycle/index.ts";
import { makeStatement, signStatement } from "../../../src/trust/index.ts";
import { attackedWorld } from "../../support/attacker.ts";
import { listOf, rejectsWith } from "../../support/expect.ts";
import { type Cast, newCast, predicates, typeOf } from "../../support/lifecycle.ts";

/** Attacks on evidence, approvals, people and time: governance.md §8.3. What was tried, and what mreg said. */

let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

/** A version in staging with all that production takes, but for what the test does. */
async function ready(options: Parameters<typeof attackedWorld>[1] = {}) {
  const { attacker, world } = await attackedWorld(cast, options);
  const target = await world.push(1);
  await world.prepareStaging(target);
  await world.promote(target, "staging");
  await world.prepareProduction(target);
  return { attacker, target, world };
}

/** Hexadecimal digits of the SHA-256 that a record names a statement by. */
function hexOf(named: { readonly digest: object } | undefined): string {
  const [hex] = Object.values(named?.digest ?? {}) as string[];
  if (hex === undefined) throw new Error("the record names no such statement");
  return hex;
}

async function denied(
  work: Promise<unknown>,
): Promise<{ readonly gates: readonly string[]; readonly message: string }> {
  const error = (await rejectsWith(work, "GATE_DENIED")) as LifecycleError;
  const failed = error.decision?.gates.filter(({ passed }) => !passed) ?? [];
  return { gates: failed.map(({ code, gate }) => `${code} ${gate}`), message: error.message };
}

test("T2: evidence forged by somebody outside the policy is invisible to the gates, and named", async () => {
  const { world } = await attackedWorld(cast);
  const target = await world.push(1);
  await world.prepareStaging(target, "0.10");
  const forged = await world.state(target, typeOf.eval, predicates.eval("0.99"), "mallory");
  const { gates, message } = await denied(world.promote(target, "staging"));
  expect(gates).toContain("MREG-E206 eval");
  expect(gates).not.toContain("MREG-OK eval");
  const card = await world.push(2);
  await world.state(card, typeOf.card, predicates.card(), "mallory");
  expect((await denied(world.promote(card, "staging"))).message).toContain("no key of the policy signed it");
  expect(message).not.toContain(forged.digest);
});

test("T3: the evaluation of v1 attached to v2 speaks of other content, and counts for nothing", async () => {
  const { attacker, world } = await attackedWorld(cast);
  const first = await world.push(1);
  await world.prepareStaging(first);
  const second = await world.push(2);
  for await (const referrer of world.repository.referrers(first)) {
    await attacker.copy(referrer.digest, (manifest) => {
      manifest["subject"] = { mediaType: second.mediaType, digest: second.digest, size: second.size };
    });
  }
  expect((await listOf(world.repository.referrers(second))).length).toBe(5);
  const { gates, message } = await denied(world.promote(second, "staging"));
  expect(gates.map((gate) => gate.split(" ")[1])).toEqual(["signature", "card", "lineage", "eval", "scan"]);
  expect(message).toMatch(/speaks of other content|no key of the policy signed it/);
});

describe("T4: approvals used again", () => {
  test("T4: an approval of staging does not open production, nor one of before the last move", async () => {
    const { target, world } = await ready();
    await world.promote(target, "production");
    const second = await world.push(2);
    await world.prepareStaging(second);
    await world.promote(second, "staging");
    await world.state(second, typeOf.canary, predicates.canary());
    await world.state(second, typeOf.document, predicates.document("runbook"));
    await world.state(second, typeOf.document, predicates.document("rollback-plan", [target.digest]));
    await world.approve(second, "production");
    // Somebody else moves first: what Lea looked at is no longer how things stand.
    await world.promote(target, "production", "lea", { kind: "rollback" }).catch(() => undefined);
    await world.push(3).then(async (third) => {
      await world.prepareStaging(third);
      await world.promote(third, "staging");
    });
    const { gates, message } = await denied(world.promote(second, "production"));
    expect(gates).toEqual(["MREG-E310 approvals"]);
    expect(message).toContain("lea approved for another chain head");
  });

  test("T4: an approval of an ordinary move does not serve as the second person of an emergency", async () => {
    const { target, world } = await ready();
    const circumstances = { reason: "outage", incident: "INC-1", expiresAt: "1d" };
    const { gates, message } = await denied(
      world.promote(target, "production", "mike", { kind: "break-glass", circumstances }),
    );
    expect(gates).toEqual(["MREG-E310 approvals"]);
    expect(message).toContain("lea approved for another kind of move (promote, expected break-glass)");
  });

  test("T4: an approval that has expired", async () => {
    const { target, world } = await ready();
    world.pass(73 * 60);
    expect((await denied(world.promote(target, "production"))).gates).toEqual(["MREG-E310 approvals"]);
  });
});

describe("T8: negative facts deleted", () => {
  test("T8: a revocation is a record: without its tag the version is revoked all the same", async () => {
    const { attacker, world } = await attackedWorld(cast);
    const target = await world.release(1);
    await world.promote(target, "revoked", "mike", { circumstances: { reason: "poisoned" } });
    await attacker.delete("v1-revoked");
    const chain = await readChain(world.repository, world.policy);
    expect(servable(chain, target.digest, world.now)).toMatchObject({
      answer: "no",
      reason: "v1 was revoked on 2026-11-20T12:00:00.000Z by mike: poisoned",
    });
    await rejectsWith(verifyState(world.repository, world.policy, target, "production"), "NO_SIGNATURE");
  });

  test("T8: what a record of the version names must still be there for the next move", async () => {
    const { attacker, target, world } = await ready();
    const [link] = (await readChain(world.repository, world.policy)).links;
    const named = link?.record.evidence.find(({ predicateType }) => predicateType === typeOf.eval);
    await attacker.delete(`sha256:${hexOf(named)}`);
    expect((await denied(world.promote(target, "production"))).gates).toContain("MREG-E107 recorded");
  });
});

test("T9: evidence deleted after a promotion: the state no longer verifies, and the answer says what is gone", async () => {
  const { attacker, target, world } = await ready();
  await world.promote(target, "production");
  const chain = await readChain(world.repository, world.policy);
  const card = chain.links.at(-1)?.record.evidence.find(({ predicateType }) => predicateType === typeOf.card);
  const digest = `sha256:${hexOf(card)}`;
  await attacker.delete(digest);
  const error = await rejectsWith(verifyState(world.repository, world.policy, target, "production"), "NO_SIGNATURE");
  expect(error.message).toBe(`${digest} is named by a record, but it is gone`);
});

test("T10: best of n: the newest result of a suite decides, however good an older one was", async () => {
  const { world } = await attackedWorld(cast);
  const target = await world.push(1);
  await world.prepareStaging(target, "0.99");
  await world.state(target, typeOf.eval, predicates.eval("0.50", { evaluatedAt: "2026-11-11T00:00:00Z" }));
  expect((await denied(world.promote(target, "staging"))).gates).toEqual(["MREG-E206 eval"]);
});

test("T11: evidence that changes between the approval and the move voids the approval", async () => {
  const { target, world } = await ready();
  expect((await world.check(target, "production", "mike")).allowed).toBe(true);
  await world.state(target, typeOf.card, predicates.card({ license: "other" }));
  const { gates, message } = await denied(world.promote(target, "production"));
  expect(gates).toEqual(["MREG-E310 approvals"]);
  expect(message).toContain("lea approved for another evidence");
});

test("T13: a lost update of the referrers' fallback tag: what a record names is found by digest all the same", async () => {
  const { attacker, target, world } = await ready({ registry: { referrers: "tag" } });
  await world.promote(target, "production");
  await attacker.delete(target.digest.replace(":", "-"));
  expect(await listOf(world.repository.referrers(target))).toEqual([]);
  expect(await verifyState(world.repository, world.policy, target, "production")).toMatchObject({ version: 1 });
});

test("T15: a record that says it is by somebody else is judged by whoever signed it", async () => {
  const { target, world } = await ready();
  const { links } = await readChain(world.repository, world.policy);
  const [link] = links;
  if (!link) throw new Error("no record");
  const record = {
    ...link.record,
    ...{ seq: 2, prev: { sha256: link.bundle.digest.slice(7) }, from: "staging", to: "production", requester: "mike" },
  };
  const statement = makeStatement({
    ...{
      subject: target,
      name: "ml/risk",
      predicateType: "https://mreg.dev/transition/production/v1",
      predicate: record,
    },
  });
  const bundle = await signStatement(world.repository, target, statement, { signer: cast.alice, clock: world.clock });
  await world.repository.tag(bundle, logTag(2));
  const error = await rejectsWith(readChain(world.repository, world.policy), "CHAIN_BROKEN");
  expect(error.message).toContain("alice (data-scientist) signed it, expected mlops or ci");
});

test("T16: one human with two keys is one person: Alice's second key cannot approve what her first one pushed", async () => {
  const { world } = await attackedWorld(cast);
  const target = await world.push(1);
  await world.prepareStaging(target);
  await world.promote(target, "staging");
  const error = await rejectsWith(world.approve(target, "production", "alice2"), "IDENTITY_MISMATCH");
  expect(error.message).toContain("alice also signed the model, expected somebody else to approve it");
});

describe("T17: clocks", () => {
  test("T17: a result from the future is refused", async () => {
    const { world } = await attackedWorld(cast);
    const target = await world.push(1);
    await world.prepareStaging(target);
    await world.state(target, typeOf.eval, predicates.eval("0.99", { evaluatedAt: "2027-01-01T00:00:00Z" }));
    expect((await denied(world.promote(target, "staging"))).gates).toContain("MREG-E106 eval");
  });

  test("T17: a clock that was set back cannot write before the newest record", async () => {
    const { target, world } = await ready();
    world.pass(-60);
    const error = await rejectsWith(world.promote(target, "production"), "CHAIN_BROKEN");
    expect(error.message).toContain("record 1 is from 2026-11-20T12:00:00.000Z, but it is 2026-11-20T11:00:00.000Z");
  });

  test("T17: a sunset that is over already, and an emergency without an end", async () => {
    const { world } = await attackedWorld(cast);
    const first = await world.release(1);
    await world.release(2, [first.digest]);
    const retired = await denied(world.promote(first, "retired", "mike", { sunset: "2026-01-01" }));
    expect(retired.gates).toContain("MREG-E404 sunset");
    const third = await world.push(3);
    await world.state(third, typeOf.signature, {});
    const circumstances = { reason: "outage", incident: "INC-1", expiresAt: "2036-01-01" };
    const forever = await denied(world.promote(third, "production", "mike", { kind: "break-glass", circumstances }));
    expect(forever.gates).toContain("MREG-E408 break-glass");
  });
});

test("T18: a key that is taken out of the policy: what it signed no longer verifies, and a revocation says since when", async () => {
  const { target, world } = await ready();
  await world.promote(target, "production");
  const circumstances = { reason: "mike's laptop was stolen", compromisedSince: "2026-11-19T00:00:00Z" };
  await world.promote(target, "revoked", "lea", { circumstances });
  const { links } = await readChain(world.repository, world.policy);
  expect(links.at(-1)?.record).toMatchObject({ kind: "revoke", compromisedSince: "2026-11-19T00:00:00.000Z" });
  const without = parsePolicy(world.yaml.replace("mlops:\n    - mike", "mlops:\n    - lou"));
  const error = await rejectsWith(readChain(world.repository, without), "CHAIN_BROKEN");
  expect(error.message).toContain("mike (no role) signed it");
});

test("T19: a pickle declared as documentation is still a file of weights, and the scan must have read it", async () => {
  const { world } = await attackedWorld(cast);
  const { pushArtifact, seededArtifact, seededBlob } = await import("../../support/fixtures.ts");
  const { registerVersion } = await import("../../../src/lifecycle/index.ts");
  const layer = (seed: number, path: string) => {
    const blob = seededBlob(seed);
    return { ...blob, descriptor: { ...blob.descriptor, annotations: { "org.opencontainers.image.title": path } } };
  };
  const artifact = seededArtifact(9, {
    artifactType: "application/vnd.test.model.v1",
    annotations: { "dev.mreg.owner": "risk-team" },
    layers: [layer(9, "model.safetensors"), layer(10, "docs/notes.pkl")],
  });
  const target = await pushArtifact(world.repository, artifact);
  await registerVersion(world.repository, target);
  await world.prepareStaging(target);
  const [weights] = await world.weights(target);
  await world.state(target, typeOf.scan, predicates.scan([weights ?? ""], { scannedAt: "2026-11-13T00:00:00Z" }));
  const { gates, message } = await denied(world.promote(target, "staging"));
  expect(gates).toContain("MREG-E211 scan");
  expect(message).toContain("docs/notes.pkl");
});

test("T20: content that no record speaks of is in no state, whatever serves it", async () => {
  const { world } = await attackedWorld(cast);
  await world.release(1);
  const other = await world.push(2);
  const error = await rejectsWith(verifyState(world.repository, world.policy, other, "production"), "NO_SIGNATURE");
  expect(error.message).toContain("is in experimental, expected production: no signed record says so");
});

test("T22: annotations that hide or dress up a statement decide nothing: the signed payload does", async () => {
  const { attacker, world } = await attackedWorld(cast);
  const target = await world.push(1);
  await world.prepareStaging(target);
  const bad = await world.state(target, typeOf.eval, predicates.eval("0.10", { evaluatedAt: "2026-11-12T00:00:00Z" }));
  await attacker.copy(bad.digest, (manifest) => {
    manifest["annotations"] = { "dev.sigstore.bundle.predicateType": "https://example.com/nothing-to-see" };
  });
  await attacker.delete(bad.digest);
  expect((await denied(world.promote(target, "staging"))).gates).toEqual(["MREG-E206 eval"]);
});

test("T23: thousands of referrers by strangers are a limit that is named; what is recorded verifies as before", async () => {
  const { target, world } = await ready();
  await world.promote(target, "production");
  const store = world.repository;
  const flooded = Object.assign(Object.create(store) as typeof store, {
    name: store.name,
    async *referrers() {
      for (let at = 0; ; at++) yield { ...target, digest: `sha256:${at.toString(16).padStart(64, "0")}` };
    },
  });
  for (const verb of ["fetch", "fetchRange", "exists", "resolve", "tags"] as const) {
    Object.assign(flooded, { [verb]: store[verb].bind(store) });
  }
  const { check } = await import("../../../src/lifecycle/index.ts");
  const request = { ...world.request(target, "retired"), sunset: "30d" };
  expect((await rejectsWith(check(flooded, request), "LIMIT_EXCEEDED")).message).toContain("more than 2000 manifests");
  expect(await verifyState(flooded, world.policy, target, "production")).toMatchObject({ version: 1 });
});

test("T25: numbers copied from a mutable server stay marked as imported, and a policy can refuse them", async () => {
  const { world } = await attackedWorld(cast);
  const strict = parsePolicy(
    world.yaml.replace("environment: [offline]", "environment: [offline]\n    origin: executed"),
  );
  const target = await world.push(1);
  await world.prepareStaging(target);
  await world.state(
    target,
    typeOf.eval,
    predicates.eval("0.99", { origin: "imported", evaluatedAt: "2026-11-12T00:00:00Z" }),
  );
  const { check } = await import("../../../src/lifecycle/index.ts");
  const { gates } = await check(world.repository, { ...world.request(target, "staging"), policy: strict });
  expect(gates.find(({ gate }) => gate === "eval")).toMatchObject({ code: "MREG-E209", passed: false });
});
