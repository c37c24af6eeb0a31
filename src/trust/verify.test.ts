import { beforeAll, describe, expect, it } from "vitest";
import { rejectsWith } from "../../test/support/expect.ts";
import { blobOf, indexOf, seededBlob } from "../../test/support/fixtures.ts";
import {
  attachBytes,
  bundleBytes,
  editBundle,
  evalStatement,
  evalType,
  newSigner,
  pushedModel,
  standingClock,
  withFetch,
  withFetches,
  withReferrers,
} from "../../test/support/trust.ts";
import { ContentError } from "../base/errors.ts";
import { attach } from "../oci/attach.ts";
import type { Repository } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { StoreError } from "../oci/errors.ts";
import { manifestSource } from "../oci/pack.ts";
import { bundleMediaType } from "./bundle.ts";
import { signPredicateType, signStatement } from "./sign.ts";
import type { Signer } from "./signer.ts";
import { makeStatement, type Statement } from "./statement.ts";
import { verifyStatement, verifyStatements } from "./verify.ts";

interface World {
  readonly repository: Repository;
  readonly subject: Descriptor;
}

let alice: Signer;
let mallory: Signer;
beforeAll(async () => {
  [alice, mallory] = await Promise.all([newSigner(), newSigner()]);
});

const policy = () => ({ keys: [alice.publicKey] });
const sign = ({ repository, subject }: World, signer: Signer, statement: Statement = evalStatement(subject)) =>
  signStatement(repository, subject, statement, { signer, clock: standingClock });

function* endless(descriptor: Descriptor, count: () => void): Generator<Descriptor> {
  for (;;) {
    count();
    yield descriptor;
  }
}

async function* failing(error: unknown): AsyncGenerator<Uint8Array> {
  yield Buffer.from("{");
  throw error;
}

describe("verifyStatement", () => {
  it("says who signed, what was said, where it is, and when it claims to be from", async () => {
    const world = await pushedModel();
    const bundle = await sign(world, alice);
    expect(await verifyStatement(world.repository, bundle, world.subject.digest, policy())).toEqual({
      signer: alice.publicKey.identity,
      statement: evalStatement(world.subject),
      bundle,
      claimedTime: "2026-01-02T03:04:05Z",
    });
  });

  it("takes the descriptor from the manifest, whatever the list said about it", async () => {
    const world = await pushedModel();
    const bundle = await sign(world, alice);
    const lying = { ...bundle, artifactType: "application/x", annotations: { "dev.mreg.kind": "lie" } };
    const verification = await verifyStatement(world.repository, lying, world.subject.digest, policy());
    expect(verification.bundle).toEqual(bundle);
  });

  it.each([
    ["a wrong hint", { publicKey: { hint: "AAAA" } }],
    ["no hint", { publicKey: {} }],
    ["a hint that is a property of every object", { publicKey: { hint: "constructor" } }],
  ])("finds the key by trying all, as cosign does, when the bundle has %s", async (_, verificationMaterial) => {
    const world = await pushedModel();
    const bytes = editBundle(await bundleBytes(evalStatement(world.subject), alice), (json) => {
      json["verificationMaterial"] = verificationMaterial;
    });
    const bundle = await attachBytes(world.repository, world.subject, bytes);
    const keys = [mallory.publicKey, alice.publicKey];
    const { signer } = await verifyStatement(world.repository, bundle, world.subject.digest, { keys });
    expect(signer).toEqual(alice.publicKey.identity);
  });

  it("counts log entries and timestamps as present, not checked", async () => {
    const world = await pushedModel();
    const bytes = editBundle(await bundleBytes(evalStatement(world.subject), alice), (json) => {
      const timestampVerificationData = { rfc3161Timestamps: [{ signedTimestamp: "bogus" }] };
      Object.assign(json["verificationMaterial"]!, {
        tlogEntries: [{ logIndex: "-1" }, {}],
        timestampVerificationData,
      });
    });
    const bundle = await attachBytes(world.repository, world.subject, bytes);
    const { unchecked } = await verifyStatement(world.repository, bundle, world.subject.digest, policy());
    expect(unchecked).toEqual({ logEntries: 2, timestamps: 1 });
  });

  it.each([
    ["no time", undefined],
    ["text instead of a time", "yesterday\u001b[2J"],
    ["a time without a zone", "2026-01-01T00:00:00"],
    ["a month that does not exist", "2026-13-01T00:00:00Z"],
  ])("claims no time when the annotation has %s", async (_, created) => {
    const { repository, subject } = await pushedModel();
    const layers = [blobOf(await bundleBytes(evalStatement(subject), alice), { mediaType: bundleMediaType })];
    const annotations = created === undefined ? {} : { "org.opencontainers.image.created": created };
    const bundle = await attach(repository, subject, { artifactType: bundleMediaType, layers, annotations });
    expect(await verifyStatement(repository, bundle, subject.digest, policy())).not.toHaveProperty("claimedTime");
  });

  it("NO_SIGNATURE: a bundle that is not there, an artifact, an index, another predicate type", async () => {
    const world = await pushedModel();
    const { repository, subject } = world;
    const verify = (bundle: Descriptor, predicateType?: string) =>
      verifyStatement(repository, bundle, subject.digest, { ...policy(), ...(predicateType ? { predicateType } : {}) });
    const gone = { ...subject, digest: seededBlob(99).descriptor.digest };
    await rejectsWith(verify(gone), "NO_SIGNATURE");
    await rejectsWith(verify(subject), "NO_SIGNATURE");
    const index = indexOf([subject], { subject, artifactType: bundleMediaType });
    await repository.push(manifestSource(index));
    await rejectsWith(verify(index.descriptor), "NO_SIGNATURE");
    const bundle = await sign(world, alice);
    const error = await rejectsWith(verify(bundle, signPredicateType), "NO_SIGNATURE");
    expect(error.message).toContain(`type ${evalType}, expected ${signPredicateType}`);
    expect((await verify(bundle, evalType)).signer).toEqual(alice.publicKey.identity);
  });

  it("NO_SIGNATURE: the bundle's manifest is there and its content is not", async () => {
    const world = await pushedModel();
    const bytes = await bundleBytes(evalStatement(world.subject), alice);
    const bundle = await attachBytes(world.repository, world.subject, bytes);
    await world.repository.delete(blobOf(bytes).descriptor);
    await rejectsWith(verifyStatement(world.repository, bundle, world.subject.digest, policy()), "NO_SIGNATURE");
  });
});

describe("verifyStatements", () => {
  it("finds nothing where nothing is", async () => {
    const { repository, subject } = await pushedModel();
    expect(await verifyStatements(repository, subject, policy())).toEqual({ verified: [], rejected: [] });
  });

  it("passes over referrers that are no bundles", async () => {
    const world = await pushedModel();
    await attach(world.repository, world.subject, {
      artifactType: "application/vnd.mreg.evidence.v1+json",
      layers: [],
    });
    const bundle = await sign(world, alice);
    const report = await verifyStatements(world.repository, world.subject, policy());
    expect(report.verified.map((one) => one.bundle)).toEqual([bundle]);
    expect(report.rejected).toEqual([]);
  });

  it("does not believe the artifact type of the list, which may hide a bundle", async () => {
    const world = await pushedModel();
    const bundle = await sign(world, alice);
    const { mediaType, digest, size } = bundle;
    const store = withReferrers(world.repository, [{ mediaType, digest, size, artifactType: "text/plain" }]);
    const { verified } = await verifyStatements(store, world.subject, policy());
    expect(verified.map((one) => one.bundle)).toEqual([bundle]);
  });

  it("keeps only the predicate type the policy asks for; the others are no failures", async () => {
    const world = await pushedModel();
    await sign(world, alice);
    const statement = makeStatement({ subject: world.subject, predicateType: signPredicateType, predicate: {} });
    const plain = await sign(world, alice, statement);
    const report = await verifyStatements(world.repository, world.subject, {
      ...policy(),
      predicateType: signPredicateType,
    });
    expect(report.verified.map(({ bundle }) => bundle)).toEqual([plain]);
    expect(report.rejected).toEqual([]);
  });

  it("counts a bundle once, however often a list repeats it", async () => {
    const world = await pushedModel();
    const bundle = await sign(world, alice);
    const store = withReferrers(world.repository, [bundle, bundle, { ...bundle, size: bundle.size + 1 }]);
    const report = await verifyStatements(store, world.subject, policy());
    expect(report.verified).toHaveLength(1);
    expect(report.rejected).toEqual([]);
  });

  it("1,000 unrelated referrers cost one small request each, and do not hide the right one", async () => {
    const world = await pushedModel();
    const strangers = Array.from({ length: 1000 }, (_, at) =>
      attach(world.repository, world.subject, {
        artifactType: `application/vnd.example.v${at}+json`,
        layers: [],
      }),
    );
    await Promise.all(strangers);
    const bundle = await sign(world, alice);
    const fetched: string[] = [];
    const store = withFetches(world.repository, (digest) => fetched.push(digest));
    const report = await verifyStatements(store, world.subject, policy());
    expect(report.verified.map((one) => one.bundle)).toEqual([bundle]);
    expect(report.rejected).toEqual([]);
    // Each manifest, and one bundle.
    expect(fetched).toHaveLength(1002);
  });

  it("ends an endless list", async () => {
    const { repository, subject } = await pushedModel();
    let listed = 0;
    const count = () => ++listed;
    await rejectsWith(
      verifyStatements(withReferrers(repository, endless(subject, count)), subject, policy()),
      "LIMIT_EXCEEDED",
    );
    expect(listed).toBe(2001);
  });

  it.each<[string, unknown, string]>([
    ["other bytes than its digest", new ContentError("DIGEST_MISMATCH", "other bytes"), "SIGNATURE_INVALID"],
    ["more bytes than its size", new ContentError("TRAILING_DATA", "more"), "SIGNATURE_INVALID"],
    ["a 404", new StoreError("NOT_FOUND", "gone"), "NO_SIGNATURE"],
  ])("reports a referrer that is answered with %s, and verifies the rest", async (_, error, code) => {
    const world = await pushedModel();
    const bad = await attachBytes(world.repository, world.subject, Buffer.from("x"));
    const good = await sign(world, alice);
    const store = withFetch(world.repository, bad.digest, () => failing(error));
    const report = await verifyStatements(store, world.subject, policy());
    expect(report.verified.map(({ bundle }) => bundle)).toEqual([good]);
    expect(report.rejected).toMatchObject([{ bundle: { digest: bad.digest }, error: { code, cause: error } }]);
  });

  it("does not take a broken connection for a verdict", async () => {
    const world = await pushedModel();
    const bundle = await sign(world, alice);
    const reset = new Error("ECONNRESET");
    const store = withFetch(world.repository, bundle.digest, () => failing(reset));
    await expect(verifyStatements(store, world.subject, policy())).rejects.toBe(reset);
  });

  it("stops when the caller gives up", async () => {
    const world = await pushedModel();
    await sign(world, alice);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(verifyStatements(world.repository, world.subject, policy(), { signal })).rejects.toThrow("enough");
  });
});
