import { toContentDigest } from "../../src/evidence/predicates/digest-set.ts";
import { transitionType } from "../../src/lifecycle/chain/record.ts";
import { logTag, stateTag, versionTag } from "../../src/lifecycle/versions/tags.ts";
import type { Repository } from "../../src/oci/content.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { makeStatement, signStatement } from "../../src/trust/index.ts";
import { pushArtifact } from "../../test/support/fixtures.ts";
import { type Cast, modelArtifact, World } from "../../test/support/lifecycle.ts";
import type { Place } from "./place.ts";

/** The world of the lifecycle's tests on a registry: keys, a policy in `policy.yaml`, models. */
export function openWorld(place: Place, cast: Cast, model = "risk"): World {
  const world = new World(cast, { registry: place.registry, model });
  place.write("policy.yaml", world.yaml);
  place.write("alice.pub", cast.alice.publicKey.pem);
  return world;
}

/**
 * Pushes versions up to `count`, each with content of its own, and tags them without looking for content that has a
 * version already: that takes all tags each time, and is measured by itself.
 */
export async function pushVersions(repository: Repository, count: number): Promise<Descriptor> {
  let last: Descriptor | undefined;
  for (let seed = 1; seed <= count; seed++) {
    last = await pushArtifact(repository, modelArtifact(seed));
    await repository.tag(last, versionTag(seed));
    await repository.tag(last, stateTag(seed, "experimental"));
  }
  if (!last) throw new Error("no version was pushed");
  return last;
}

/**
 * Makes a chain of so many records, after the four that brought v1 and v2 to production: each further version goes the
 * same way, so that no version has more than two.
 *
 * The records are written without asking the gates, whose answer takes the whole chain each time; whoever reads the
 * chain verifies them like any others.
 */
export async function lengthenChain(world: World, second: Descriptor, length: number): Promise<void> {
  const { repository } = world;
  let prev = (await repository.resolve(logTag(4))).digest;
  let champion = second.digest;
  let target = second;
  for (let sequence = 5; sequence <= length; sequence++) {
    const isFirst = sequence % 2 === 1;
    const version = versionTag((sequence + (isFirst ? 1 : 0)) / 2);
    if (isFirst) {
      target = await pushArtifact(repository, modelArtifact(sequence));
      await repository.tag(target, version);
    }
    const [from, to] = isFirst ? ["experimental", "staging"] : ["staging", "production"];
    const record = { seq: sequence, prev: toContentDigest(prev), version, from, to };
    const bundle = await writeRecord(world, target, { ...record, previousChampion: toContentDigest(champion) });
    await repository.tag(bundle, logTag(sequence));
    prev = bundle.digest;
    if (!isFirst) champion = target.digest;
  }
}

function writeRecord(world: World, target: Descriptor, fields: Readonly<Record<string, unknown>>): Promise<Descriptor> {
  const { cast, clock, policy, repository } = world;
  const predicate = {
    ...{ model: repository.name, kind: "promote", requester: "mike", approvals: [], evidence: [], baseline: [] },
    policy: { name: policy.name, version: policy.version, digest: toContentDigest(policy.digest) },
    verdict: toContentDigest(target.digest),
    ...{ recordedAt: world.now.toISOString(), tool: "bench" },
    ...fields,
  };
  const predicateType = transitionType(String(fields["to"]));
  const statement = makeStatement({ subject: target, name: repository.name, predicateType, predicate });
  return signStatement(repository, target, statement, { signer: cast.mike, clock });
}
