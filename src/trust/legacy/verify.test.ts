import { beforeAll, describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { blobOf, pushArtifact, seededArtifact } from "../../../test/support/fixtures.ts";
import { payloadOf, pushSignatures, type SignatureLayer, simpleLayer } from "../../../test/support/legacy.ts";
import {
  evalStatement,
  evalType,
  newSigner,
  pushedModel,
  standingClock,
  withFetch,
  withReferrers,
} from "../../../test/support/trust.ts";
import { digestOf } from "../../base/digest.ts";
import type { ReadOnlyGraphTarget, Repository } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { manifestSource, packManifest } from "../../oci/pack.ts";
import { bytesSource } from "../../oci/source.ts";
import { signEnvelope, writeEnvelope } from "../envelope.ts";
import { legacySignatureLimit, simpleSigningLimitBytes } from "../limits.ts";
import { requireSignature, signManifest } from "../manifest-signature.ts";
import { signPredicateType } from "../sign.ts";
import type { Signer } from "../signer.ts";
import { type Statement, writeStatement } from "../statement.ts";
import { envelopeMediaType, layerAnnotations } from "./signature-layer.ts";
import { signatureTag } from "./signature-tag.ts";
import { verifyLegacyStatements } from "./verify.ts";

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
const verify = ({ repository, subject }: World) => verifyLegacyStatements(repository, subject, policy());

async function attestation(statement: Statement, signer: Signer): Promise<SignatureLayer> {
  const envelope = writeEnvelope(await signEnvelope(writeStatement(statement), signer));
  return {
    bytes: Buffer.from(JSON.stringify(envelope)),
    mediaType: envelopeMediaType,
    annotations: { [layerAnnotations.signature]: "", predicateType: statement.predicateType },
  };
}

describe("signatures before bundles", () => {
  it("a .sig tag: says who signed, as today's plain signature, and that it was none", async () => {
    const world = await pushedModel();
    const layer = await simpleLayer(alice, payloadOf(world.subject));
    const manifest = await pushSignatures(world.repository, world.subject, [layer]);
    const { verified, rejected } = await verify(world);
    expect(rejected).toEqual([]);
    expect(verified).toMatchObject([
      {
        signer: alice.publicKey.identity,
        bundle: { digest: manifest.digest },
        statement: { predicateType: signPredicateType, predicate: {} },
        legacy: {
          kind: "signature",
          found: "tag",
          layer: digestOf(layer.bytes),
          identity: "registry.test/ml/risk",
        },
      },
    ]);
    expect(await requireSignature(world.repository, world.subject, policy())).toEqual(verified);
  });

  it("signed annotations stand where cosign 3 writes them; proofs beside a key are counted", async () => {
    const world = await pushedModel();
    const payload = { ...(JSON.parse(payloadOf(world.subject).toString()) as object), optional: { team: "risk" } };
    const layer = await simpleLayer(alice, Buffer.from(JSON.stringify(payload)));
    const proofs = { [layerAnnotations.logBundle]: logBundle(), [layerAnnotations.timestamp]: timestamp() };
    await pushSignatures(world.repository, world.subject, [
      { ...layer, annotations: { ...layer.annotations, ...proofs } },
    ]);
    const { verified } = await verify(world);
    expect(verified[0]?.statement.subject[0]?.annotations).toEqual({ team: "risk" });
    expect(verified[0]?.unchecked).toEqual({ logEntries: 1, timestamps: 1 });
  });

  it("a .att tag: statements of their own type, and of no other", async () => {
    const world = await pushedModel();
    const statement = evalStatement(world.subject);
    const layer = await attestation(statement, alice);
    await pushSignatures(world.repository, world.subject, [layer], { suffix: "att" });
    expect((await verify(world)).verified).toMatchObject([{ statement, legacy: { kind: "attestation" } }]);
    const typed = (predicateType: string) =>
      verifyLegacyStatements(world.repository, world.subject, { ...policy(), predicateType });
    expect((await typed(evalType)).verified).toHaveLength(1);
    expect(await typed(signPredicateType)).toEqual({ verified: [], rejected: [] });
  });

  it.each([
    ["application/vnd.dev.cosign.artifact.sig.v1+json", "signature"],
    ["application/vnd.in-toto+json", "attestation"],
  ] as const)("attached as %s", async (artifactType, kind) => {
    const world = await pushedModel();
    const { repository, subject } = world;
    const layer = await (kind === "signature"
      ? simpleLayer(alice, payloadOf(subject))
      : attestation(evalStatement(subject), alice));
    await pushSignatures(repository, subject, [layer], { artifactType });
    expect((await verify(world)).verified).toMatchObject([{ legacy: { kind, found: "referrer" } }]);
  });

  it("count where no bundle does, and are not asked for where one does", async () => {
    const world = await pushedModel();
    const { repository, subject } = world;
    await rejectsWith(requireSignature(repository, subject, policy()), "NO_SIGNATURE");
    await signManifest(repository, subject, { signer: mallory, clock: standingClock });
    await pushSignatures(repository, subject, [await simpleLayer(alice, payloadOf(subject))]);
    expect(await requireSignature(repository, subject, policy())).toMatchObject([{ legacy: { found: "tag" } }]);
    const bundle = await signManifest(repository, subject, { signer: alice, clock: standingClock });
    expect(await requireSignature(repository, subject, policy())).toMatchObject([
      { bundle: { digest: bundle.digest } },
    ]);
  });
});

/** What lies in `.sig`, and why it must not count. */
const refusals: [string, string, (world: World) => Promise<SignatureLayer>][] = [
  ["signed by somebody else", "IDENTITY_MISMATCH", ({ subject }) => simpleLayer(mallory, payloadOf(subject))],
  [
    "a payload swapped after it was signed",
    "IDENTITY_MISMATCH",
    async ({ repository, subject }) => {
      const other = await pushArtifact(repository, seededArtifact(7));
      return { ...(await simpleLayer(alice, payloadOf(other))), bytes: payloadOf(subject) };
    },
  ],
  [
    "a valid signature of another image",
    "SUBJECT_MISMATCH",
    async ({ repository }) => simpleLayer(alice, payloadOf(await pushArtifact(repository, seededArtifact(7)))),
  ],
  [
    "the digest in upper case",
    "SUBJECT_MISMATCH",
    ({ subject }) => simpleLayer(alice, payloadOf({ digest: subject.digest.toUpperCase() as typeof subject.digest })),
  ],
  [
    "two digests, of which one reader takes the first and another the last",
    "SIGNATURE_INVALID",
    ({ subject }) =>
      simpleLayer(
        alice,
        Buffer.from(
          payloadOf(subject)
            .toString()
            .replace('"image":{', `"image":{"docker-manifest-digest":"sha256:${"0".repeat(64)}",`),
        ),
      ),
  ],
  [
    "a critical key that mreg does not understand",
    "SIGNATURE_INVALID",
    ({ subject }) =>
      simpleLayer(alice, Buffer.from(payloadOf(subject).toString().replace('"critical":{', '"critical":{"until":1,'))),
  ],
  [
    "another kind of signature",
    "SIGNATURE_INVALID",
    ({ subject }) =>
      simpleLayer(
        alice,
        Buffer.from(
          payloadOf(subject).toString().replace("cosign container", "atomic container").replace(" image", ""),
        ),
      ),
  ],
  ["no JSON", "SIGNATURE_INVALID", () => simpleLayer(alice, Buffer.from("<html>"))],
  [
    "no signature beside it",
    "SIGNATURE_INVALID",
    ({ subject }) => Promise.resolve({ bytes: payloadOf(subject), annotations: {} }),
  ],
  [
    "a certificate, where keys alone are trusted",
    "IDENTITY_MISMATCH",
    ({ subject }) =>
      annotated(subject, { [layerAnnotations.certificate]: pem("CERTIFICATE", Buffer.from("not looked at")) }),
  ],
  [
    "a certificate that is none",
    "SIGNATURE_INVALID",
    ({ subject }) => annotated(subject, { [layerAnnotations.certificate]: "trust me" }),
  ],
  [
    "two certificates",
    "SIGNATURE_INVALID",
    ({ subject }) =>
      annotated(subject, { [layerAnnotations.certificate]: pem("CERTIFICATE", Buffer.from("x")).repeat(2) }),
  ],
  [
    "a log entry with a duplicate key",
    "SIGNATURE_INVALID",
    ({ subject }) =>
      annotated(subject, {
        [layerAnnotations.logBundle]: logBundle().replace('{"Payload"', '{"SignedEntryTimestamp":"","Payload"'),
      }),
  ],
  [
    "a log entry whose index a JSON number cannot hold",
    "SIGNATURE_INVALID",
    ({ subject }) =>
      annotated(subject, { [layerAnnotations.logBundle]: logBundle().replace('"logIndex":1', '"logIndex":1e300') }),
  ],
  [
    "a log entry without end",
    "SIGNATURE_INVALID",
    ({ subject }) => annotated(subject, { [layerAnnotations.logBundle]: `${" ".repeat(300_000)}{}` }),
  ],
  [
    "a timestamp that is none",
    "SIGNATURE_INVALID",
    ({ subject }) => annotated(subject, { [layerAnnotations.timestamp]: "{}" }),
  ],
  [
    "an attestation about another image",
    "SUBJECT_MISMATCH",
    async ({ repository }) => attestation(evalStatement(await pushArtifact(repository, seededArtifact(7))), alice),
  ],
  [
    "an attestation with two signatures",
    "SIGNATURE_INVALID",
    async ({ subject }) => {
      const layer = await attestation(evalStatement(subject), alice);
      const json = JSON.parse(Buffer.from(layer.bytes).toString()) as { signatures: unknown[] };
      json.signatures.push(json.signatures[0]);
      return { ...layer, bytes: Buffer.from(JSON.stringify(json)) };
    },
  ],
];

describe("what must not count", () => {
  it.each(refusals)("%s: %s", async (_, code, make) => {
    const world = await pushedModel();
    await pushSignatures(world.repository, world.subject, [await make(world)]);
    const { verified, rejected } = await verify(world);
    expect(verified).toEqual([]);
    expect(rejected).toMatchObject([{ error: { name: "VerificationError", code } }]);
  });

  it.each(refusals)("%s: does not mask a good one in the same manifest", async (_, code, make) => {
    const world = await pushedModel();
    const good = await simpleLayer(alice, payloadOf(world.subject));
    await pushSignatures(world.repository, world.subject, [await make(world), good]);
    const { verified, rejected } = await verify(world);
    expect(verified).toMatchObject([{ signer: alice.publicKey.identity }]);
    expect(rejected).toMatchObject([{ error: { code } }]);
  });

  it("a signature of another image under this one's tag, by its manifest's digest", async () => {
    const world = await pushedModel();
    const other = await pushArtifact(world.repository, seededArtifact(7));
    const manifest = await pushSignatures(world.repository, other, [await simpleLayer(alice, payloadOf(other))]);
    await world.repository.tag(manifest, signatureTag(world.subject.digest, "sig"));
    expect((await verify(world)).rejected).toMatchObject([{ error: { code: "SUBJECT_MISMATCH" } }]);
  });

  it("a manifest attached to another image", async () => {
    const world = await pushedModel();
    const { repository, subject } = world;
    const other = await pushArtifact(repository, seededArtifact(7));
    const artifactType = "application/vnd.dev.cosign.artifact.sig.v1+json";
    const layer = await simpleLayer(alice, payloadOf(subject));
    const manifest = await pushSignatures(repository, subject, [layer], { artifactType, to: other });
    const report = await verifyLegacyStatements(withReferrers(repository, [manifest]), subject, policy());
    expect(report).toMatchObject({ verified: [], rejected: [{ error: { code: "SUBJECT_MISMATCH" } }] });
  });

  it("an index under the tag", async () => {
    const world = await pushedModel();
    const raw = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests: [] }));
    const index = { mediaType: mediaTypes.imageIndex, digest: digestOf(raw), size: raw.byteLength };
    await world.repository.push(bytesSource(index, raw));
    await world.repository.tag(index, signatureTag(world.subject.digest, "sig"));
    expect((await verify(world)).rejected).toMatchObject([{ error: { code: "SIGNATURE_INVALID" } }]);
  });

  it("a manifest that is not there any more", async () => {
    const world = await pushedModel();
    const manifest = await pushSignatures(world.repository, world.subject, [
      await simpleLayer(alice, payloadOf(world.subject)),
    ]);
    const store = withFetch(world.repository, manifest.digest, async function* () {
      yield Buffer.from("x");
    });
    const report = await verifyLegacyStatements(store, world.subject, policy());
    expect(report.verified).toEqual([]);
    expect(report.rejected).toHaveLength(1);
  });
});

describe("limits", () => {
  it("thousands of layers: refused before one of them is fetched", async () => {
    const { repository, subject } = await pushedModel();
    const layer = await simpleLayer(alice, payloadOf(subject));
    const many = Array.from({ length: legacySignatureLimit + 1 }, () => layer);
    await pushSignatures(repository, subject, many);
    const store = withFetch(repository, digestOf(layer.bytes), () => expect.fail("fetched a layer"));
    const error = await rejectsWith(verifyLegacyStatements(store, subject, policy()), "LIMIT_EXCEEDED");
    expect(error.message).toContain(`holds 101 signatures, expected at most 100`);
  });

  it("a payload too large: refused without asking for it, and the others count", async () => {
    const { repository, subject } = await pushedModel();
    const good = blobOf(payloadOf(subject), { mediaType: "application/vnd.dev.cosign.simplesigning.v1+json" });
    const annotations = (await simpleLayer(alice, payloadOf(subject))).annotations ?? {};
    const huge = { ...good.descriptor, digest: digestOf("huge"), size: simpleSigningLimitBytes + 1, annotations };
    const manifest = packManifest({ artifactType: "a/b", layers: [huge, { ...good.descriptor, annotations }] });
    await repository.push(good);
    const store: ReadOnlyGraphTarget = {
      ...withFetch(repository, manifest.descriptor.digest, () => manifestSource(manifest).open()),
      resolve: async (tag) => (tag.endsWith(".sig") ? manifest.descriptor : repository.resolve(tag)),
    };
    const { verified, rejected } = await verifyLegacyStatements(store, subject, policy());
    expect(verified).toHaveLength(1);
    expect(rejected[0]?.error.message).toContain("4194305 bytes, expected at most 4194304");
  });
});

async function annotated(subject: Descriptor, annotations: Record<string, string>): Promise<SignatureLayer> {
  const layer = await simpleLayer(alice, payloadOf(subject));
  return { ...layer, annotations: { ...layer.annotations, ...annotations } };
}

function pem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString("base64")}\n-----END ${label}-----\n`;
}

/** What Rekor answered, in cosign's words; its proof is for nobody here. */
function logBundle(): string {
  const body = Buffer.from(JSON.stringify({ apiVersion: "0.0.1", kind: "hashedrekord", spec: {} })).toString("base64");
  const logID = "c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d";
  return JSON.stringify({
    Payload: { body, integratedTime: 1_700_000_000, logIndex: 1, logID },
    SignedEntryTimestamp: "AAAA",
  });
}

const timestamp = () => JSON.stringify({ SignedRFC3161Timestamp: "AAAA" });
