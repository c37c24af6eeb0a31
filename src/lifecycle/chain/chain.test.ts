import { beforeAll, describe, expect, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { type Cast, type CastName, newCast, World } from "../../../test/support/lifecycle.ts";
import { type Digest, digestOf } from "../../base/digest.ts";
import { toContentDigest } from "../../evidence/index.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { fetchImageManifest } from "../../oci/fetch-manifest.ts";
import { manifestSource } from "../../oci/pack.ts";
import { MemoryRegistry } from "../../stores/memory/index.ts";
import { makeStatement, type Statement, signStatement } from "../../trust/index.ts";
import type { LifecycleError } from "../errors.ts";
import { parsePolicy } from "../policy/parse.ts";
import { verifyState } from "../state/verify-state.ts";
import { logTag } from "../versions/tags.ts";
import { foldChain } from "./fold.ts";
import { type ModelStore, readChain } from "./read.ts";
import type { TransitionRecord } from "./record.ts";

let cast: Cast;
beforeAll(async () => {
  cast = await newCast();
});

/** A world with version 1 in staging: a chain of one record. */
async function staged(options: ConstructorParameters<typeof World>[1] = {}) {
  const world = new World(cast, options);
  const target = await world.push(1);
  await world.prepareStaging(target);
  await world.promote(target, "staging");
  const { links } = await readChain(world.repository, world.policy);
  const [link] = links;
  if (!link) throw new Error("the chain is empty");
  return { world, target, link };
}

/** A record of a move to production that would be true, had the gates been asked. */
function nextRecord(previous: Digest | null, change: Partial<TransitionRecord> = {}): TransitionRecord {
  return {
    seq: 2,
    prev: previous && toContentDigest(previous),
    ...{ model: "ml/risk", version: "v1", from: "staging", to: "production", kind: "promote", requester: "mike" },
    ...{ approvals: [], evidence: [], baseline: [] },
    policy: { name: "models", version: 2, digest: { sha256: "00".repeat(32) } },
    verdict: { sha256: "00".repeat(32) },
    previousChampion: null,
    ...{ recordedAt: "2026-11-20T12:00:00.000Z", tool: "by hand" },
    ...change,
  };
}

const policyRecord = (version: number, name = "models"): TransitionRecord["policy"] => ({
  ...{ name, version },
  digest: toContentDigest(digestOf(`${name}@${version}`)),
});

interface Forgery {
  readonly by?: CastName;
  readonly type?: string;
  readonly sequence?: number;
  readonly edit?: (statement: Statement) => Statement;
}

/** Signs a record by hand and puts it into the chain. */
async function append(world: World, target: Descriptor, record: TransitionRecord, options: Forgery = {}) {
  const { by = "mike", type = `https://mreg.dev/transition/${record.to}/v1`, sequence = 2, edit } = options;
  const statement = makeStatement({ subject: target, name: "ml/risk", predicateType: type, predicate: record });
  const signing = { signer: cast[by], clock: world.clock };
  const bundle = await signStatement(world.repository, target, edit ? edit(statement) : statement, signing);
  await world.repository.tag(bundle, logTag(sequence));
}

async function broken(world: World, record: number, reason: RegExp): Promise<void> {
  const error = await rejectsWith(readChain(world.repository, world.policy), "CHAIN_BROKEN");
  expect(error.message).toMatch(reason);
  expect((error as LifecycleError).record).toBe(record);
}

describe("readChain", () => {
  test("readChain: gives verified records in order, and an empty chain for a model without any", async () => {
    const world = new World(cast);
    expect((await readChain(world.repository, world.policy)).links).toEqual([]);
    await world.release(1);
    const chain = await readChain(world.repository, world.policy);
    expect(chain.links.map(({ record }) => `${record.seq} ${record.version} ${record.to}`)).toEqual([
      "1 v1 staging",
      "2 v1 production",
    ]);
    expect(foldChain(chain).champion).toMatchObject({ version: 1, sequence: 1 });
  });

  test("readChain: accepts a record signed by hand, for the signer has the role; the gates are another question", async () => {
    const { world, target, link } = await staged();
    await append(world, target, nextRecord(link.bundle.digest));
    expect((await readChain(world.repository, world.policy)).links).toHaveLength(2);
    await rejectsWith(verifyState(world.repository, world.policy, target, "production"), "NO_SIGNATURE");
  });

  test.each<[what: string, change: Partial<TransitionRecord>, forgery: Forgery, reason: RegExp]>([
    ["a signer without the role", {}, { by: "alice" }, /alice \(data-scientist\) signed it, expected mlops or ci/],
    ["a signer without any role", {}, { by: "norman" }, /norman \(no role\) signed it/],
    ["a foreign signer", {}, { by: "mallory" }, /expected one of the 8 trusted keys/],
    ["another number", { seq: 3 }, {}, /it says it is record 3/],
    ["a wrong predecessor", { prev: { sha256: "11".repeat(32) } }, {}, /it follows sha256:1111.*expected sha256:/],
    ["no predecessor", { prev: null }, {}, /it follows nothing/],
    ["another model", { model: "ml/other" }, {}, /it is about "ml\/other", expected "ml\/risk"/],
    ["an earlier time", { recordedAt: "2026-11-20T11:59:59.999Z" }, {}, /before the one it follows/],
    [
      "a state it was not in",
      { from: "production", to: "retired", kind: "retire" },
      {},
      /from production, but v1 was in staging/,
    ],
    ["a jump over a state", { version: "v2", from: "experimental" }, {}, /no promote from experimental to production/],
    ["a kind of move the policy lacks", { kind: "import" }, {}, /no import from staging/],
    [
      "a champion that is none",
      { previousChampion: { sha256: "22".repeat(32) } },
      {},
      /says production served sha256:2222/,
    ],
    ["the type of another state", {}, { type: "https://mreg.dev/transition/staging/v1" }, /its type is .*staging/],
    ["an unknown field", { note: "trust me" } as object, {}, /cannot be read: .*note/],
    [
      "two subjects",
      {},
      { edit: (one) => ({ ...one, subject: [...one.subject, { digest: { sha256: "33".repeat(32) } }] }) },
      /not exactly one subject/,
    ],
  ])("readChain: refuses %s", async (_what, change, forgery, reason) => {
    const { world, target, link } = await staged();
    await append(world, target, nextRecord(link.bundle.digest, change), forgery);
    await broken(world, 2, reason);
  });

  test("readChain: refuses a version that became other content", async () => {
    const { world, link } = await staged();
    const other = await world.push(2);
    await append(world, other, nextRecord(link.bundle.digest));
    await broken(world, 2, /v1 is sha256:.*but it speaks of sha256:/);
  });

  test.each([
    [
      "edited under its version",
      "models",
      /policy models@1 was edited under its version.* the history has used sha256:/,
    ],
    ["renamed at its version", "lax", /policy lax@1 has the version of policy models@1/],
  ])("readChain: refuses a policy %s", async (_what, name, reason) => {
    const { world, target, link } = await staged();
    await append(world, target, nextRecord(link.bundle.digest, { policy: policyRecord(1, name) }));
    await broken(world, 2, reason);
  });

  test("readChain: refuses a policy version that goes down, under whatever name", async () => {
    const { world, target, link } = await staged();
    await append(world, target, nextRecord(link.bundle.digest, { policy: policyRecord(3) }));
    const { links } = await readChain(world.repository, world.policy);
    const second = links[1]?.bundle.digest ?? null;
    const champion = { previousChampion: toContentDigest(target.digest) };
    const record = {
      ...nextRecord(second, champion),
      seq: 3,
      from: "production",
      to: "retired",
      kind: "retire" as const,
    };
    await append(world, target, { ...record, policy: policyRecord(2, "lax") }, { sequence: 3 });
    await broken(world, 3, /policy lax is version 2, but the history has used policy models@3/);
  });

  test("readChain: names the missing link of a gap", async () => {
    const world = new World(cast);
    await world.release(1);
    await world.repository.untag(logTag(1));
    await broken(world, 1, /mreg-log-000001 is missing, although mreg-log-000002 is there/);
  });

  test("readChain: refuses records in another order, and one record twice", async () => {
    const world = new World(cast);
    await world.release(1);
    const [one, two] = [await world.repository.resolve(logTag(1)), await world.repository.resolve(logTag(2))];
    await world.repository.tag(two, logTag(1));
    await world.repository.tag(one, logTag(2));
    await broken(world, 1, /it says it is record 2/);
    await world.repository.tag(one, logTag(1));
    await broken(world, 2, /it says it is record 1/);
  });

  test("readChain: refuses the record of another model, replayed byte for byte", async () => {
    const registry = new MemoryRegistry();
    const { target, link } = await staged({ registry, model: "ml/other" });
    const world = new World(cast, { registry });
    const same = await world.push(1);
    expect(same.digest).toBe(target.digest);
    const source = registry.repository("ml/other");
    const manifest = await source.resolve(link.bundle.digest);

    const parsed = await fetchImageManifest(source, manifest);
    for (const blob of [parsed.value.config, ...parsed.value.layers]) {
      await world.repository.push({ descriptor: blob, open: () => source.fetch(blob) });
    }
    await world.repository.push(manifestSource(parsed));
    await world.repository.tag(manifest, logTag(1));
    await broken(world, 1, /it is about "ml\/other", expected "ml\/risk"/);
  });

  test("readChain: refuses a log tag on something that is no record", async () => {
    const { world, target } = await staged();
    await world.repository.tag(target, logTag(2));
    await broken(world, 2, /attached to no model/);
    const signature = await world.state(target, "https://sigstore.dev/cosign/sign/v1", {}, "mike");
    await world.repository.tag(signature, logTag(2));
    await broken(world, 2, /cannot be read/);
  });

  test("verifyState: a record by hand with true evidence and approvals still needs a verdict about its move", async () => {
    const { world, target, link } = await staged();
    await world.prepareProduction(target);
    const { approvals, evidence } = await world.check(target, "production");
    const types = new Map<string, string>();
    for await (const referrer of world.repository.referrers(target)) {
      types.set(referrer.digest, referrer.annotations?.["dev.sigstore.bundle.predicateType"] ?? "");
    }
    const statements = evidence.map((digest) => ({
      digest: toContentDigest(digest),
      predicateType: types.get(digest) ?? "",
    }));
    const policy = { name: "models", version: 1, digest: toContentDigest(world.policy.digest) };
    const record = nextRecord(link.bundle.digest, {
      ...{ approvals: approvals.map(toContentDigest), evidence: statements, policy },
      verdict: link.record.verdict,
    });
    await append(world, target, record);
    const error = await rejectsWith(
      verifyState(world.repository, world.policy, target, "production"),
      "SUBJECT_MISMATCH",
    );
    expect(error.message).toMatch(/verdict of record 2 is not a passed MREG_GATE_PRODUCTION/);
  });

  test("readChain: an error of the way there says nothing about the chain, and passes through", async () => {
    const { world } = await staged();
    const outage = new Error("the registry is down");
    const { repository } = world;
    const store: ModelStore = {
      name: repository.name,
      fetch: (...args) => repository.fetch(...args),
      fetchRange: (...args) => repository.fetchRange(...args),
      exists: (...args) => repository.exists(...args),
      referrers: (...args) => repository.referrers(...args),
      tags: (...args) => repository.tags(...args),
      resolve: () => Promise.reject(outage),
    };
    await expect(readChain(store, world.policy)).rejects.toBe(outage);
    const target = await world.repository.resolve("v1");
    await expect(verifyState(store, world.policy, target, "staging")).rejects.toBe(outage);
  });

  test("promote: follows no chain from the future, and no policy older than the chain", async () => {
    const { world, target } = await staged();
    world.pass(-6);
    await rejectsWith(world.promote(target, "production"), "CHAIN_BROKEN");
    world.pass(6);
    const { policy } = world;
    const newer = parsePolicy(world.yaml.replace("version: 1\n", "version: 2\n"));
    const second = await world.push(2);
    await world.prepareStaging(second);
    await world.promote(second, "staging", "mike", { policy: newer });
    const error = await rejectsWith(world.promote(target, "production", "mike", { policy }), "GATE_DENIED");
    expect(error.message).toMatch(
      /MREG-E413 policy: policy models is version 1, but the history has used policy models@2/,
    );
    const refused = await rejectsWith(world.approve(target, "production", "lea", { policy }), "POLICY_INVALID");
    expect(refused.message).toMatch(/is version 1, .* use the newer policy/);
  });

  test("promote: a clock that lags a little takes the chain's time", async () => {
    const { world } = await staged();
    const second = await world.push(2);
    await world.prepareStaging(second);
    world.pass(-4);
    await world.promote(second, "staging");
    const { links } = await readChain(world.repository, world.policy);
    expect(links.map(({ record }) => record.recordedAt)).toEqual(Array(2).fill("2026-11-20T12:00:00.000Z"));
  });
});
