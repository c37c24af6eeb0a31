import { beforeAll, describe, expect, it } from "vitest";
import { rejectsWith } from "../../test/support/expect.ts";
import { blobOf, pushArtifact, seededArtifact, seededBlob } from "../../test/support/fixtures.ts";
import {
  attachBytes,
  bundleBytes,
  editBundle,
  evalStatement,
  newSigner,
  pushedModel,
  standingClock,
  withFetch,
} from "../../test/support/trust.ts";
import { attach } from "../oci/attach.ts";
import type { Repository } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { manifestSource, packManifest } from "../oci/pack.ts";
import { bundleMediaType } from "./bundle.ts";
import { signStatement } from "./sign.ts";
import type { Signer } from "./signer.ts";
import { writeStatement } from "./statement.ts";
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
const sign = ({ repository, subject }: World, signer: Signer) =>
  signStatement(repository, subject, evalStatement(subject), { signer, clock: standingClock });

/** Bundles that must be refused: what is attached to the model of `world`, and the code that says why. */
const refusals: [string, string, (world: World) => Promise<Descriptor>][] = [
  ["signed by an unknown key", "IDENTITY_MISMATCH", (world) => sign(world, mallory)],
  [
    "signed by an unknown key, without a hint",
    "IDENTITY_MISMATCH",
    async ({ repository, subject }) =>
      attachBytes(
        repository,
        subject,
        editBundle(await bundleBytes(evalStatement(subject), mallory), (json) => {
          json["verificationMaterial"] = { publicKey: {} };
        }),
      ),
  ],
  [
    "signed by an unknown key that pretends to be a trusted one",
    "SIGNATURE_INVALID",
    async ({ repository, subject }) =>
      attachBytes(repository, subject, await bundleBytes(evalStatement(subject), mallory, alice)),
  ],
  [
    "signed with a certificate",
    "IDENTITY_MISMATCH",
    async ({ repository, subject }) =>
      attachBytes(
        repository,
        subject,
        editBundle(await bundleBytes(evalStatement(subject), alice), (json) => {
          json["verificationMaterial"] = { certificate: { rawBytes: "AAAA" } };
        }),
      ),
  ],
  [
    "a payload of the same length with another digest in it",
    "SIGNATURE_INVALID",
    async ({ repository, subject }) => {
      const other = await pushArtifact(repository, seededArtifact(7));
      const payload = Buffer.from(writeStatement(evalStatement(subject))).toString("base64");
      const bytes = editBundle(await bundleBytes(evalStatement(other), alice), (json) => {
        json["dsseEnvelope"]!["payload"] = payload;
      });
      return attachBytes(repository, subject, bytes);
    },
  ],
  [
    "a bundle made for another digest, attached here",
    "SUBJECT_MISMATCH",
    async ({ repository, subject }) => {
      const other = await pushArtifact(repository, seededArtifact(7));
      return attachBytes(repository, subject, await bundleBytes(evalStatement(other), alice));
    },
  ],
  [
    "a signed payload that is no statement",
    "SIGNATURE_INVALID",
    async ({ repository, subject }) => attachBytes(repository, subject, await bundleBytes(Buffer.from("{}"), alice)),
  ],
  [
    "a signed statement with a duplicate key",
    "SIGNATURE_INVALID",
    async ({ repository, subject }) => {
      const text = JSON.stringify(evalStatement(subject)).replace("{", '{"predicateType":"https://a.test/v1",');
      return attachBytes(repository, subject, await bundleBytes(Buffer.from(text), alice));
    },
  ],
  [
    "text instead of a bundle",
    "SIGNATURE_INVALID",
    ({ repository, subject }) => attachBytes(repository, subject, Buffer.from("<html>")),
  ],
  [
    "two layers",
    "SIGNATURE_INVALID",
    async ({ repository, subject }) => {
      const layer = blobOf(await bundleBytes(evalStatement(subject), alice), { mediaType: bundleMediaType });
      return attach(repository, subject, { artifactType: bundleMediaType, layers: [layer, layer] });
    },
  ],
  [
    "no bundle in a bundle's manifest",
    "SIGNATURE_INVALID",
    ({ repository, subject }) => attach(repository, subject, { artifactType: bundleMediaType, layers: [] }),
  ],
  [
    "a layer of an older type",
    "SIGNATURE_INVALID",
    async ({ repository, subject }) => {
      const bytes = await bundleBytes(evalStatement(subject), alice);
      return attachBytes(repository, subject, bytes, "application/vnd.dev.sigstore.bundle.v0.2+json");
    },
  ],
];

describe("refusals", () => {
  it.each(refusals)("%s: %s", async (_, code, attachBad) => {
    const world = await pushedModel();
    const bundle = await attachBad(world);
    const error = await rejectsWith(verifyStatement(world.repository, bundle, world.subject.digest, policy()), code);
    expect(error.name).toBe("VerificationError");

    const report = await verifyStatements(world.repository, world.subject, policy());
    expect(report.verified).toEqual([]);
    expect(report.rejected).toMatchObject([{ bundle: { digest: bundle.digest }, error: { code } }]);
  });

  it.each(refusals)("%s: does not mask a good one beside it", async (_, code, attachBad) => {
    const world = await pushedModel();
    await attachBad(world);
    const good = await sign(world, alice);
    const report = await verifyStatements(world.repository, world.subject, policy());
    expect(report.verified.map(({ bundle }) => bundle)).toEqual([good]);
    expect(report.rejected.map(({ error }) => error.code)).toEqual([code]);
  });

  it("SUBJECT_MISMATCH: a bundle that hangs on another manifest", async () => {
    const world = await pushedModel();
    const other = { ...world, subject: await pushArtifact(world.repository, seededArtifact(7)) };
    const bundle = await sign(other, alice);
    const { repository, subject } = world;
    await rejectsWith(verifyStatement(repository, bundle, subject.digest, policy()), "SUBJECT_MISMATCH");
    // The same signed statement, hung on the right manifest but speaking of the other, and on none at all.
    const bytes = await bundleBytes(evalStatement(subject), alice);
    const loose = packManifest({
      artifactType: bundleMediaType,
      layers: [blobOf(bytes, { mediaType: bundleMediaType }).descriptor],
    });
    await repository.push(blobOf(bytes));
    await repository.push(manifestSource(loose));
    await rejectsWith(verifyStatement(repository, loose.descriptor, subject.digest, policy()), "SUBJECT_MISMATCH");
  });

  it("a policy without keys accepts nobody", async () => {
    const world = await pushedModel();
    const bundle = await sign(world, alice);
    const verify = verifyStatement(world.repository, bundle, world.subject.digest, { keys: [] });
    await rejectsWith(verify, "IDENTITY_MISMATCH");
  });

  it("refuses a bundle above 10 MiB without asking for it", async () => {
    const { repository, subject } = await pushedModel();
    const huge = { mediaType: bundleMediaType, digest: seededBlob(5).descriptor.digest, size: 10 * 1024 * 1024 + 1 };
    const manifest = packManifest({ artifactType: bundleMediaType, layers: [huge], subject });
    const served = withFetch(repository, manifest.descriptor.digest, () => manifestSource(manifest).open());
    const error = await rejectsWith(
      verifyStatement(served, manifest.descriptor, subject.digest, policy()),
      "SIGNATURE_INVALID",
    );
    expect(error.message).toContain("10485761 bytes, expected at most 10485760");
  });
});
